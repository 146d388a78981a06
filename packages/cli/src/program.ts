// The verbs, their options and their help. Each verb's work is imported when it is called.
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import type { BaselinesFlags, FetchFlags } from "./commands/baselines.ts";
import type { CompareFlags } from "./commands/compare.ts";
import type { DiagnoseFlags } from "./commands/diagnose.ts";
import type { DoctorFlags } from "./commands/doctor.ts";
import type { EmbedFlags } from "./commands/embed.ts";
import type { InspectFlags } from "./commands/inspect.ts";
import type { LeaderboardFlags } from "./commands/leaderboard.ts";
import type { PlanFlags } from "./commands/plan.ts";
import type { PreviewFlags } from "./commands/preview.ts";
import type { PretrainFlags } from "./commands/pretrain.ts";
import type { SetupFlags } from "./commands/setup.ts";
import type { Output } from "./output.ts";

/** Where a verb leaves its exit status. */
export interface Outcome {
  status: number;
}

/** The whole command line; `outcome.status` holds the exit status after parsing. Throws CommanderError, and whatever a verb throws. */
export function createProgram(output: Output, outcome: Outcome): Command {
  const program = new Command("lejepa")
    .description("Trains image encoders on your own images, without labels (LeJEPA).")
    .version(ownVersion(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [verb]", "show help of a verb")
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", overview)
    .hook("preAction", async (_, command) => {
      if (command.opts()["device"] !== "auto") return;
      output.note("trying the devices ...");
      const { device, reason } = await (await import("./choose-device.ts")).chooseDevice();
      output.note(reason);
      command.setOptionValue("device", device);
    });
  addPlan(program, output, outcome);
  addInspect(program, output, outcome);
  addPreview(program, output);
  addPretrain(program, output, outcome);
  addEmbed(program, output);
  addCompare(program, output);
  addLeaderboard(program, output);
  addDiagnose(program, output);
  addBaselines(program, output);
  addDoctor(program, output, outcome);
  addSetup(program, output, outcome);
  return program;
}

function addPlan(program: Command, output: Output, outcome: Outcome): void {
  const command = program
    .command("plan")
    .summary("look at the images and say what pretraining would do, and how long")
    .description(
      "Counts what the headers say, compares files, decodes a sample, splits, and times a few steps. Says what is wrong with the images, what would be trained on them, how long it takes here, and which settings suit them better. Trains nothing.",
    )
    .option("--sample <N>", "images whose pixels are looked at: a number, or all", sampleSize, 256)
    .option("--html <FILE>", "also write a page with charts and pictures of sampled images")
    .option("--no-pictures", "leave the pictures out of the page (text may be burned into medical images)")
    .option("--write", "put the proposed settings into the configuration file (or a new lejepa.config.json)")
    .option("--no-time", "do not time any steps")
    .action(async (flags: PlanFlags) => {
      outcome.status = await (await import("./commands/plan.ts")).plan(flags, output);
    });
  addConfigOptions(command).addHelpText(
    "after",
    examples([
      "lejepa plan --data photos",
      "lejepa plan --data scans --html plan.html --sample all",
      "lejepa plan --data scans --dataset dicom --set dataset.options.window=lung --write",
      "lejepa plan --set encoder.name=vit_small --set data.imageSize=96",
    ]),
  );
}

function addInspect(program: Command, output: Output, outcome: Outcome): void {
  const command = program
    .command("inspect")
    .argument("<FILES...>", "DICOM, GeoTIFF, HDF5 or image files")
    .summary("look at single files: format, sizes, pixel values, picture")
    .description(
      "Shows what the toolkit sees in a file: facts of its format (never about a person), and of each channel the range, mean, standard deviation, valid values and hash. A file that crashes its decoder is a line of error; the others still come.",
    )
    .option(
      "--stage <STAGE>",
      "stored: as in the file; values: physical, invalid pixels masked; display: as shown",
      "stored",
    )
    .option("--frame <N>", "one frame or page, from 0", wholeOrZero)
    .option("--window <X,Y,W,H>", "part of the image, pixels")
    .option("--dataset <ID>", "plugin that reads the files (default: by their first bytes)")
    .option("--set <OPTION=VALUE>", "an option of the plugin, e.g. window=lung (repeatable)", collect, [])
    .option("--out <PNG>", "with --stage display: write the picture there")
    .action(async (files: string[], flags: InspectFlags) => {
      outcome.status = await (await import("./commands/inspect.ts")).inspect(files, flags, output);
    });
  addOutputOptions(command, "one line of JSON for each file on stdout, all else on stderr").addHelpText(
    "after",
    examples([
      "lejepa inspect scan.dcm",
      "lejepa inspect ct.dcm --stage display --set window=lung --out ct.png",
      "lejepa inspect scene.tif --stage values --window 0,0,256,256 --json",
    ]),
  );
}

function addPreview(program: Command, output: Output): void {
  const command = program
    .command("preview")
    .summary("see the views that training would see, and how hard they are")
    .description(
      "Draws the views of a few training images exactly as training would, and writes them as a page and as a picture, with their parameters in words, the policy with its reasons, values before and after, and how well views of one image can be told from views of others. Trains nothing.",
    )
    .option("--items <N>", "images to show; the measures take at least 64", whole, 6)
    .option("--html <FILE>", "where to write the page", "preview.html")
    .option("--png <FILE>", "where to write the picture", "preview.png")
    .option("--overwrite", "replace the files of an earlier call")
    .action(async (flags: PreviewFlags) => (await import("./commands/preview.ts")).preview(flags, output));
  addConfigOptions(command).addHelpText(
    "after",
    examples([
      "lejepa preview --data photos",
      "lejepa preview --data scans --set augment.policy=medical --items 10 --overwrite",
      "lejepa preview --set views.localScale=[0.15,0.5] --html views.html --png views.png",
    ]),
  );
}

function addPretrain(program: Command, output: Output, outcome: Outcome): void {
  const command = program
    .command("pretrain")
    .summary("train an encoder")
    .description(
      "Trains an encoder on the images and leaves everything in a run folder: configuration, metrics, checkpoints.\nCtrl-C saves and stops; `--resume` goes on as if nothing had happened. A second Ctrl-C stops at once.",
    )
    .option("--out <DIR>", "run folder (default: runs/DATE-TIME)")
    .option("--max-steps <N>", "stop after N steps in all; does not bend the schedule", whole)
    .option("--resume", "go on with the run in --out (default: the newest in runs/), with its own configuration")
    .option("--ignore-memory", "train although a step needs more memory than is free, by estimate")
    .action(async (flags: PretrainFlags) => {
      outcome.status = await (await import("./commands/pretrain.ts")).runPretrain(flags, output);
    });
  addConfigOptions(command).addHelpText(
    "after",
    examples([
      "lejepa pretrain --data photos --out runs/first",
      "lejepa pretrain --set schedule.epochs=20 --set batchSize=64",
      "lejepa pretrain --resume --out runs/first",
    ]),
  );
}

function addEmbed(program: Command, output: Output): void {
  const command = program
    .command("embed")
    .summary("compute the features of images with a trained encoder")
    .description(
      "Writes features (float32, one row an image) with id, label, group and split, for the images of the run, or for others\n(--data, --dataset).\nnpy: features.npy and items.csv; csv: features.csv; parquet: features.parquet, `embedding` a list of floats.",
    )
    .requiredOption("--run <DIR>", "run folder, or one checkpoint's folder")
    .option("--checkpoint <WHICH>", "last, best, or a step", "last")
    .option("--format <LIST>", "npy, csv, parquet: one or several, separated by commas", "npy")
    .option("--out <DIR>", "where to write (default: RUN/features)")
    .option("--overwrite", "replace the files of an earlier call")
    .action(async (flags: EmbedFlags) => (await import("./commands/embed.ts")).embed(flags, output));
  addDataOptions(command).addHelpText(
    "after",
    examples([
      "lejepa embed --run runs/first",
      "lejepa embed --run runs/first --checkpoint best --format parquet,csv",
      "lejepa embed --run runs/first --data new-photos --out new-features",
    ]),
  );
}

function addCompare(program: Command, output: Output): void {
  const command = program
    .command("compare")
    .summary("measure an encoder against random weights and raw pixels")
    .description(
      "Frozen features of the run's labelled images: probes learn on few and on all training images, choose on the validation\nimages, and are measured on the test images (the validation images if there is no test split). Says which encoder is\nbetter, by how much, and whether the test images are enough to tell. Needs labels: folders named after classes, or\n--targets, a table of labels or numbers.",
    )
    .requiredOption("--run <DIR>", "run folder (repeatable)", collect)
    .option(
      "--baseline <WHAT>",
      "random: untrained weights; pixels: no network; a name of `lejepa baselines`; or the path of a run, an ONNX file, DINO weights (repeatable; default: random and pixels)",
      collect,
    )
    .option("--channels <POLICY>", "for encoders of other channels: replicate, bands:0,1,2, pca, or patch")
    .option("--targets <FILE>", "predict columns of a CSV or Parquet table instead of classes; empty cells are unknown")
    .option("--task <NAME>", "of --targets: multilabel (0 and 1) or regression (default: by the values)")
    .option("--target-columns <LIST>", "of --targets: columns to predict (default: all but the ids)")
    .option(
      "--id-column <NAME>",
      "of --targets: column of ids or file names (default: id, path, file, filename or image)",
    )
    .option(
      "--shots <LIST>",
      "labelled images to learn from: of each class or label; in all for numbers (default: 1,2,5,10,100,1000,all; numbers from 10)",
    )
    .option("--seeds <N>", "draws of the few, and random initialisations", whole, 3)
    .option(
      "--probe <LIST>",
      "knn, ncm, logistic, linear, finetune (the whole network; of random weights: supervised training) (default: knn,logistic,linear)",
    )
    .option(
      "--metric <NAME>",
      "what the verdict is about (default: balancedAccuracy; auroc for labels, r2 for numbers)",
    )
    .option("--margin <POINTS>", "a difference of no interest, in points, hundredths of R2 (default: 2)")
    .option("--checkpoint <WHICH>", "last, best, or a step", "last")
    .option("--watts <N>", "power of the machine, to estimate the energy of runs that did not measure it")
    .option("--out <DIR>", "also write the report: comparison.html, .json, .csv and .txt there")
    .option("--no-pictures", "leave the pictures out of the report (text may be burned into medical images)")
    .action(async (flags: CompareFlags) => (await import("./commands/compare.ts")).compare(flags, output));
  addDataOptions(command).addHelpText(
    "after",
    examples([
      "lejepa compare --run runs/first",
      "lejepa compare --run runs/a --run runs/b --baseline random --seeds 5",
      "lejepa compare --run runs/first --baseline dinov2-small --baseline 'model.onnx?size=224'",
      "lejepa compare --run runs/first --shots 10,all --probe knn,logistic --metric accuracy",
      "lejepa compare --run runs/first --targets ages.csv --task regression --target-columns age",
      "lejepa compare --run runs/first --json > result.json",
    ]),
  );
}

function addLeaderboard(program: Command, output: Output): void {
  const command = program
    .command("leaderboard")
    .argument("<RUNS...>", "run folders")
    .summary("rank runs without labels")
    .description(
      "Orders runs by training loss / lambda^0.4 (lower is better), beside RankMe, LiDAR, alpha-ReQ and SIGReg on images that were\nnot trained on. Refuses runs whose losses are not comparable (batch, views, slices, images). Where there are labels, also\nprobes each run and says how well each measure ranked them (Spearman).",
    )
    .option("--checkpoint <WHICH>", "what is measured: last, best, or a step", "last")
    .option("--images <N>", "most images to measure on", whole, 512)
    .option("--score-only", "only the score: needs no images")
    .option("--html <FILE>", "also write a page")
    .action(async (runs: string[], flags: LeaderboardFlags) =>
      (await import("./commands/leaderboard.ts")).leaderboard(runs, flags, output),
    );
  addDataOptions(command).addHelpText(
    "after",
    examples([
      "lejepa leaderboard runs/*",
      "lejepa leaderboard runs/a runs/b --score-only",
      "lejepa leaderboard runs/* --html board.html",
    ]),
  );
}

function addDiagnose(program: Command, output: Output): void {
  const command = program
    .command("diagnose")
    .summary("is what was learned Gaussian, and has it collapsed? why?")
    .description(
      "Runs every test of normality on random slices of a checkpoint's projections of images that were not trained on, shows the\nworst slices with the images at their ends, and names the likely cause of a collapse.",
    )
    .requiredOption("--run <DIR>", "run folder, or one checkpoint's folder")
    .option("--checkpoint <WHICH>", "last, best, or a step", "last")
    .option("--images <N>", "most images to look at", whole, 512)
    .option("--slices <N>", "random slices", whole, 1024)
    .option("--unaugmented", "look at whole images instead of one view of each, drawn as in training")
    .option("--html <FILE>", "also write a page with plots and pictures")
    .option("--no-pictures", "leave the pictures out of the page (text may be burned into medical images)")
    .action(async (flags: DiagnoseFlags) => (await import("./commands/diagnose.ts")).diagnose(flags, output));
  addDataOptions(command).addHelpText(
    "after",
    examples([
      "lejepa diagnose --run runs/first",
      "lejepa diagnose --run runs/first --checkpoint best --html cockpit.html",
    ]),
  );
}

function addBaselines(program: Command, output: Output): void {
  const cache = ["--cache <DIR>", "where fetched files are kept (data.cacheDir)", ".lejepa/cache"] as const;
  const command = program
    .command("baselines")
    .summary("list the published encoders to compare with, or fetch one")
    .description(
      "Published encoders that `lejepa compare --baseline NAME` knows, with their licences; * marks what is fetched.",
    )
    .option(...cache)
    .action(async (flags: BaselinesFlags) => (await import("./commands/baselines.ts")).listAll(flags, output));
  addOutputOptions(command).addHelpText(
    "after",
    examples(["lejepa baselines", "lejepa baselines fetch dinov2-small --accept-licence"]),
  );
  const fetching = command
    .command("fetch <NAME>")
    .description(
      "Fetches the files of one from the Hugging Face hub, and checks them. Gated models need an account that was let in: its access token in HF_TOKEN.",
    )
    .option(...cache)
    .option("--accept-licence", "you have read its licence and agree to it (asked once)")
    .action(async (name: string, _: FetchFlags, own: Command) =>
      (await import("./commands/baselines.ts")).fetchOne(name, own.optsWithGlobals<FetchFlags>(), output),
    );
  addOutputOptions(fetching).addHelpText("after", examples(["lejepa baselines fetch mobilenet-v2 --accept-licence"]));
}

function addDoctor(program: Command, output: Output, outcome: Outcome): void {
  const command = program
    .command("doctor")
    .summary("check this machine: versions, devices, speed, file formats")
    .description(
      "Shows versions, runs a small program on each device, each in a process of its own, and lists the file formats that the dataset plugins read and refuse. Exit status 1 when the device asked for (default: cpu) does not work.",
    )
    .option("--device <NAME>", "the device that must work; only this one is tried")
    .option("--device-index <N>", "which GPU the device cuda is tried on", wholeOrZero)
    .option("--threads <N>", "threads of the device cpu", whole)
    .action(async (flags: DoctorFlags) => {
      outcome.status = await (await import("./commands/doctor.ts")).doctor(flags, output);
    });
  addOutputOptions(command).addHelpText("after", examples(["lejepa doctor", "lejepa doctor --json"]));
}

function addSetup(program: Command, output: Output, outcome: Outcome): void {
  const command = program
    .command("setup")
    .argument("<WHAT>", "cuda or tensorflow")
    .summary("install what a device needs beyond npm")
    .description(
      "cuda: ONNX Runtime's CUDA provider with CUDA's and cuDNN's libraries, into a folder of its own (LEJEPA_CUDA, else in the\nuser's data folder). By pip (everything; needs Python), else by onnxruntime-node's install script (the provider alone),\nor from --folder. Exit status 1 when no GPU works with it; it is kept then, and says what is missing.\ntensorflow: TensorFlow for --device tensorflow, into a folder of its own (LEJEPA_TENSORFLOW). Tries tfjs-node as it is;\nwhere that cannot be downloaded or does not work, builds its binding on the TensorFlow of a Python package (Linux; needs\nPython with pip, and g++).",
    )
    .option("--from <WAY>", "only this way: npm or python")
    .option("--folder <DIR>", "cuda: take the libraries that are in this folder (hosts without network)")
    .option("--gpu", "tensorflow: one for NVIDIA GPUs, and it must find one")
    .option("--python <FILE>", "the Python whose TensorFlow or pip is used", "python3")
    .action(async (what: string, flags: SetupFlags) => {
      outcome.status = await (await import("./commands/setup.ts")).setup(what, flags, output);
    });
  addOutputOptions(command).addHelpText(
    "after",
    examples([
      "lejepa setup cuda",
      "lejepa setup cuda --folder /media/cuda-libraries",
      "lejepa setup tensorflow --gpu",
    ]),
  );
}

function addConfigOptions(command: Command): Command {
  return addDataOptions(
    command
      .option("--config <FILE>", "configuration (default: lejepa.config.ts, .js, .mjs or .json, if there is one)")
      .option("--seed <N>", "seed of weights, order, views and directions", wholeOrZero),
  );
}

function addDataOptions(command: Command): Command {
  return addOutputOptions(
    command
      .option("--data <PATH>", "a folder of images, or the `path` of the dataset")
      .option("--dataset <ID>", "dataset plugin: the package @lejepa/dataset-ID")
      .option("--set <KEY=VALUE>", "change one key of the configuration, e.g. views.locals=4 (repeatable)", collect, [])
      .option("--device <NAME>", "cpu, webgpu, cuda, tensorflow, or auto: the fastest that works here")
      .option("--device-index <N>", "which GPU, as cuda numbers them (lejepa doctor lists them)", wholeOrZero),
  );
}

function addOutputOptions(command: Command, json = "one JSON document on stdout, all else on stderr"): Command {
  return command.option("--json", json).option("--quiet", "only the result and errors");
}

const overview = `
Start here:
  $ lejepa doctor                                  does it work on this machine?
  $ lejepa inspect scan.dcm                        is it read as it should be?
  $ lejepa plan --data photos --html plan.html     what is in the images, what would be trained, how long does it take?
  $ lejepa preview --data photos                   what would training see?
  $ lejepa pretrain --data photos --out runs/first
  $ lejepa compare --run runs/first                was it worth it?  (needs labels or numbers)
  $ lejepa leaderboard runs/*                      which run is best?  (needs no labels)
  $ lejepa diagnose --run runs/first               has it collapsed? why?
  $ lejepa baselines                               published encoders to compare with
  $ lejepa embed --run runs/first                  features of every image

Exit status: 0 done, 1 the work failed, 2 the call or its input is wrong, 130 stopped by Ctrl-C.
More of one verb: lejepa pretrain --help`;

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function whole(value: string): number {
  const number = wholeOrZero(value);
  if (number < 1) throw new InvalidArgumentError("Expected a whole number from 1.");
  return number;
}

function wholeOrZero(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(value);
}

function sampleSize(value: string): number {
  return value === "all" ? Number.POSITIVE_INFINITY : whole(value);
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
