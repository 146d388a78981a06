// ONNX files: the few messages of the ONNX protobuf schema that a model of ours needs, written with protobufjs.
// Field numbers are those of onnx.proto (IR version 9). `onnx-proto` on npm is unmaintained and pulls a generated 1 MB.
import protobuf from "protobufjs";
import { onnxType } from "./build.ts";
import { topological } from "./rewrite.ts";
import type { Attribute, HostData, Node, Value } from "./value.ts";

/** Field types: number, type, and repeated or not. */
const schema: Readonly<Record<string, Readonly<Record<string, readonly [number, string, "repeated"?]>>>> = {
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    graph: [7, "GraphProto"],
    opsetImport: [8, "OperatorSetIdProto", "repeated"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    ints: [8, "int64", "repeated"],
    type: [20, "int32"],
  },
  TensorProto: { dims: [1, "int64", "repeated"], dataType: [2, "int32"], name: [8, "string"], rawData: [9, "bytes"] },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensorType: [1, "TensorTypeProto"] },
  TensorTypeProto: { elemType: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto", "repeated"] },
  DimensionProto: { dimValue: [1, "int64"] },
};

let modelType: protobuf.Type | undefined;

function modelProto(): protobuf.Type {
  if (modelType !== undefined) return modelType;
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(schema)) {
    const type = new protobuf.Type(name);
    for (const [field, [id, kind, rule]] of Object.entries(fields)) type.add(new protobuf.Field(field, id, kind, rule));
    root.add(type);
  }
  modelType = root.lookupType("ModelProto");
  return modelType;
}

/** A named input or output of a model. */
export interface Port {
  readonly name: string;
  readonly value: Value;
}

/** An ONNX model in memory. */
export interface Model {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
}

/** Serialises what `outputs` reach. Inputs keep their names; outputs are called out0, out1, ... */
export function encodeModel(outputs: readonly Value[]): Model {
  const names = new Namer();
  const nodes = topological(outputs);
  const body = nodes.map((node, i) => nodeMessage(node, names, i));
  const ends = outputs.map((value, i) => ({ name: `out${i}`, value }));
  // an Identity a port: one value may leave twice, and an input may leave as it came
  const exits = ends.map(({ name, value }) => ({
    opType: "Identity",
    input: [names.of(value)],
    output: [name],
    attribute: [],
  }));
  const inputs = names.inputs();
  const graph = {
    name: "lejepa",
    node: [...body, ...exits],
    initializer: names.constants(),
    input: inputs.map(portMessage),
    output: ends.map(portMessage),
  };
  const opsetImport = [
    { domain: "", version: 20 },
    { domain: "com.microsoft", version: 1 },
    { domain: "com.microsoft.nchwc", version: 1 },
  ];
  const message = { irVersion: 9, producerName: "lejepa", opsetImport, graph };
  return { bytes: modelProto().encode(message).finish(), inputs, outputs: ends, nodes };
}

const portMessage = ({ name, value }: Port): object => ({
  name,
  type: {
    tensorType: { elemType: onnxType[value.dtype], shape: { dim: value.shape.map((dimValue) => ({ dimValue })) } },
  },
});

const nodeMessage = (node: Node, names: Namer, index: number): object => ({
  name: `${node.op}_${index}`,
  opType: node.op,
  domain: node.domain,
  input: node.inputs.map((value) => names.of(value)),
  output: node.outputs.map((value) => names.of(value)),
  attribute: Object.entries(node.attributes).map(attributeMessage),
});

function attributeMessage([name, attribute]: [string, Attribute]): object {
  if ("int" in attribute) return { name, type: 2, i: attribute.int };
  if ("ints" in attribute) return { name, type: 7, ints: attribute.ints };
  if ("float" in attribute) return { name, type: 1, f: attribute.float };
  return { name, type: 3, s: Buffer.from(attribute.text) };
}

const rawBytes = (data: HostData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Gives every value its name and remembers which are constants and inputs. */
class Namer {
  readonly #names = new Map<Value, string>();
  readonly #constants: object[] = [];
  readonly #inputs: Port[] = [];

  of(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { origin } = value;
    const name = origin.kind === "input" ? origin.name : `v${this.#names.size}`;
    this.#names.set(value, name);
    if (origin.kind === "input") this.#inputs.push({ name, value });
    if (origin.kind === "literal" || origin.kind === "data") {
      this.#constants.push({
        name,
        dims: [...value.shape],
        dataType: onnxType[value.dtype],
        rawData: rawBytes(origin.data),
      });
    }
    return name;
  }

  inputs(): Port[] {
    return this.#inputs;
  }

  constants(): object[] {
    return this.#constants;
  }
}
