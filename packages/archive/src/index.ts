/**
 * Archives of others for dataset plugins: the entries of a tar file where they lie, and safe unpacking of a .tar.gz.
 *
 *     const { entries, damage } = walkTar("shard-000.tar");
 *     const bytes = readEntry("shard-000.tar", entries[0]);
 *
 * @module
 */
export { unpack, type UnpackLimits, type UnpackRequest } from "./unpack.ts";
export { readEntry, walkTar, type TarEntry, type TarWalk } from "./walk-tar.ts";
