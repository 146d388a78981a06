// Which specs cannot pass on this backend, and why. Specs of ops that it does not have are told by the error they meet;
// the rest is named here, one by one.

/** Reasons that hold for single specs, by their full names. */
const named: Readonly<Record<string, string>> = {
  "time cpu onnx {} simple upload": "tf.time times calls, but ops run when data are read: program.profile() does",
  "exp onnx {} int32": "float32 of the exact value is compared with float64's to 1e-3, at 22026",
  "tan onnx {} numbers exceed float32 precision": "off by one unit in the last place, compared to 1e-3, at 30144",
  "avgPool onnx {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit":
    "tfjs divides by the whole window where part of it is padding, which is not the gradient of its forward",
  "pool onnx {} max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding":
    "tfjs returns its input for a window of one pixel, whatever the padding",
  "pool onnx {} avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding":
    "tfjs returns its input for a window of one pixel, whatever the padding",
  "gather onnx {} throws when index is out of bound": "values are not known when an op is called",
};

/** Why a failed spec is excluded; undefined if it is not, and so is a failure. */
export function reasonFor(name: string, messages: readonly string[]): string | undefined {
  const known = named[name];
  if (known !== undefined) return known;
  const all = messages.join("\n");
  const op = /\bop ([^()]+?) \(called at[^]*?is not supported by the onnx backend/.exec(all)?.[1];
  if (op !== undefined) return `not in this backend: ${op}`;
  if (all.includes("a tensor of the onnx backend is computed when its data are awaited")) return "reads synchronously";
  if (/op Conv2DBackpropInput \(called at[^]*expected \[/.test(all))
    return "the gradient of no convolution, by its shape";
  return undefined;
}
