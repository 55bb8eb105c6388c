// The npm packages of tests/real/oidc/package.json, which lie below target/ and not beside this file.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.CROSSCHECK_REAL_OIDC ?? resolve(import.meta.dirname, "../../../target/real/oidc");
const { resolve: find } = createRequire(resolve(folder, "package.json"));

/** Imports a package. */
export const load = (name) => import(pathToFileURL(find(name)).href);
