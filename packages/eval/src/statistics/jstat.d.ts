// What is used of jstat, which carries no types.
declare module "jstat" {
  const jStat: {
    readonly studentt: { inv(p: number, degrees: number): number };
    readonly normal: { inv(p: number, mean: number, std: number): number };
  };
  export default jStat;
}
