import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { FlotillaError } from "../../src/error.ts";
import { withDeadline } from "../../src/machine/deadline.ts";
import { createLifetime } from "../../src/machine/lifetime.ts";

const first = new FlotillaError("first", "the reason");
const second = new FlotillaError("second", "too late");
const never = new Promise<never>(() => {});

test("only the first reason counts, for those who listened before and after", async () => {
  const life = createLifetime();
  const heard: string[] = [];
  life.onEnd((reason) => heard.push(`a ${reason.code}`));
  const forget = life.onEnd(() => heard.push("forgotten"));
  forget();
  assert.is(life.reason, undefined);
  life.end(first);
  life.end(second);
  life.onEnd((reason) => heard.push(`b ${reason.code}`));
  assert.equal(heard, ["a first", "b first"]);
  assert.is(await life.ended, first);
});

test("work ends with the life at the latest", async () => {
  const life = createLifetime();
  assert.is(await life.during(Promise.resolve(1)), 1);
  const pending = life.during(never).catch((reason) => reason);
  life.end(first);
  assert.is(await pending, first);
  assert.is(await life.during(never).catch((reason) => reason), first);
});

test("a deadline names what was late, and does not touch work that was in time", async () => {
  const deadline = { clock: systemClock, limitMs: 5, what: "the ferry", at: "m1" };
  const late = await withDeadline(never, deadline).catch((error) => error);
  assert.equal([late.code, late.message, late.at], ["timeout", "the ferry: no answer within 5 ms", "m1"]);
  assert.is(await withDeadline(Promise.resolve(1), deadline), 1);
  assert.is(await withDeadline(Promise.reject(first), deadline).catch((error) => error), first);
});

test.run();
