// What each rule says will happen, on the real V2Ray 4 and 5: to the faulty configuration, and not to its mended twin.
// Xray and sing-box have a file of their own, so that both halves run side by side.
import { testCasesOf } from "../support/case-tests.ts";

testCasesOf(["v2ray4", "v2ray5", "v2ray5-jsonv5"]);
