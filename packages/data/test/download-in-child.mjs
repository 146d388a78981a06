// Fetches a file in a process of its own, from the built files: node download-in-child.mjs URL FOLDER FILE
import { download } from "../dist/download.js";

const [url, folder, file] = process.argv.slice(2);
await download({ url, file }, { folder, log() {} });
