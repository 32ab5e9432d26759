import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Leader } from "../../src/leader/leader.ts";
import { createOrders } from "../../src/leader/orders.ts";
import { testCluster } from "../cluster/state.ts";
import { testOffice } from "./office.ts";

function orders() {
  const office = testOffice(testCluster("m1"));
  const leader = { view: office.view, propose: office.propose, keeper: () => undefined };
  const { submit } = createOrders(leader as unknown as Leader);
  return (name: string, text: string) =>
    submit([{ name, text }], { desired: undefined, replace: false }, "key").then(
      ([unit]) => unit?.outcome,
      (error) => error.code,
    );
}

test("what guards the lease cannot be submitted, and nothing may live in its slice", async () => {
  const submit = orders();
  for (const name of ["flotilla-lease.target", "flotilla-guard@a.service", "flotilla.slice"])
    assert.is(await submit(name, "[Unit]\nDescription=x\n"), "unit-name-reserved");
  assert.is(await submit("x.service", "[Service]\n Slice=flotilla-x.slice\n"), "unit-name-reserved");
  assert.is(await submit("flotillad.service", "[Service]\nExecStart=/bin/x\nSlice=x.slice\n"), "created");
});

test.run();
