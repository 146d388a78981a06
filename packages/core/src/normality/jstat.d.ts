// What is used of jstat, which carries no types.
declare module "jstat" {
  const jStat: {
    readonly normal: { inv(p: number, mean: number, std: number): number };
    readonly studentt: { cdf(t: number, degrees: number): number };
  };
  export default jStat;
}
