import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAddressList } from "../../../src/inform/receive/address-list.ts";
import { clientAddress } from "../../../src/inform/receive/client-address.ts";

const proxies = createAddressList(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]);

test("a stranger speaks for itself only", () => {
  assert.equal(clientAddress("192.0.2.7", null, proxies), "192.0.2.7");
  assert.equal(clientAddress("192.0.2.7", "198.51.100.1", proxies), "192.0.2.7");
  assert.equal(clientAddress("::ffff:192.0.2.7", "10.0.0.1", proxies), "192.0.2.7");
});

test("a proxy of ours tells whom it heard", () => {
  assert.equal(clientAddress("127.0.0.1", "192.0.2.7", proxies), "192.0.2.7");
  assert.equal(clientAddress("::ffff:127.0.0.1", " 192.0.2.7 , 10.0.0.3,2001:db8::9", proxies), "192.0.2.7");
  assert.equal(clientAddress("10.0.0.1", "192.0.2.7:4711", proxies), "192.0.2.7");
  assert.equal(clientAddress("10.0.0.1", "[2001:db9::1]:4711", proxies), "2001:db9::1");
  assert.equal(clientAddress("10.0.0.1", "[2001:db9::1]", proxies), "2001:db9::1");
});

test("without a stranger among the hops the first of them sends", () => {
  assert.equal(clientAddress("127.0.0.1", undefined, proxies), "127.0.0.1");
  assert.equal(clientAddress("127.0.0.1", "10.0.0.2, 10.0.0.1", proxies), "10.0.0.2");
  assert.equal(clientAddress("127.0.0.1", " , ", proxies), "127.0.0.1");
});

test("a hop that is no address is nobody, and nothing before it counts", () => {
  for (const hop of ["unknown", "_hidden", "192.0.2", "[::1", "1.2.3.4:x"]) {
    assert.equal(clientAddress("127.0.0.1", `192.0.2.7, ${hop}`, proxies), undefined);
  }
  assert.equal(clientAddress("", "192.0.2.7", proxies), undefined);
});

test("whatever a stranger writes in front changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.constantFrom("10.1.2.3", "127.0.0.1")), (forged, ours) => {
      const header = [forged, "192.0.2.7", ...ours].join(",");
      assert.equal(clientAddress("10.9.9.9", header, proxies), "192.0.2.7");
    }),
  );
});
