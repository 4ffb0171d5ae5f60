import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReceiverUrl } from "../../../src/inform/send/receiver-url.ts";

test("https anywhere, http on this machine", () => {
  for (const address of [
    "https://hub.example.com/v1/inform",
    "https://192.0.2.7:8443/",
    "http://127.0.0.1:8080/v1/inform",
    "http://127.9.9.9/",
    "http://0x7f.1/",
    "http://localhost:8080/",
    "http://[::1]:8080/",
  ]) {
    assert.equal(parseReceiverUrl(address).href, new URL(address).href);
  }
  for (const address of [
    "http://hub.example.com/",
    "http://192.0.2.7/",
    "http://127.0.0.1.example.com/",
    "http://localhost.example.com/",
    "http://0.0.0.0/",
    "http://[::2]/",
  ]) {
    assert.throws(() => parseReceiverUrl(address), { name: "TypeError", message: /is not this machine: use https/ });
    assert.equal(parseReceiverUrl(address, { plainHttp: "anywhere" }).href, new URL(address).href);
  }
});

test("what is no address, and what holds a password, is refused without showing it", () => {
  for (const address of ["", "hub", "//hub/", "ftp://hunter2/", "https://", "data:,hunter2", "https://hunter2:x:y/"]) {
    assert.throws(
      () => parseReceiverUrl(address),
      (error: Error) => {
        return (
          error instanceof TypeError && /not a receiver's address/.test(error.message) && !/hunter2/.test(error.message)
        );
      },
    );
  }
  for (const address of [
    "https://alice:hunter2@hub.test/",
    "https://hunter2@hub.test/",
    "http://:hunter2@127.0.0.1/",
  ]) {
    assert.throws(
      () => parseReceiverUrl(address),
      (error: Error) => {
        return (
          error instanceof TypeError && /send them as a header/.test(error.message) && !/hunter2/.test(error.message)
        );
      },
    );
  }
});
