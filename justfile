# The door to everything. `npx just` lists what there is.
default:
    @just --list --unsorted

# Bundle the two programs into dist/
build:
    @node src/bundle.mjs

# Format, lint, types
check:
    npx biome check .
    npx tsc --noEmit

# Everything: checks, unit, property and golden tests, a short simulation, the rig
test *FILTER: check build
    @node --import tsx test/run.ts {{FILTER}}

# The story on real machines, from nothing: redis loses its machine and keeps its data
demo *ARGS: build
    @node --import tsx test/demo/demo.ts {{ARGS}}

# Real systemd machines on this host: up [N], boot, kill, partition, heal, ssh, ..., down
rig *ARGS:
    @node --import tsx test/rig/cli.ts {{ARGS}}

# Deterministic simulation: [--seeds N] [--from S] [--seed S]
sim *ARGS:
    @node --import tsx test/sim/main.ts {{ARGS}}

# Measure: [NAME] [--runs N] [--json]
bench *ARGS: build
    @node --import tsx test/bench/main.ts {{ARGS}}

# Attack the lease on real machines, and print how long what is left: [--runs N] [NAME...]
attacks *ARGS:
    @node --import tsx test/rig/attacks.ts {{ARGS}}
