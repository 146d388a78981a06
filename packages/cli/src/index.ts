/** The lejepa command.
 * @module */
export {};
