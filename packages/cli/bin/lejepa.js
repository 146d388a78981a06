#!/usr/bin/env node
// Kept in the repository, unlike dist: npm links a workspace's command only if its file is there when npm installs.
import "../dist/bin.js";
