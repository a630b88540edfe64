"""What `compare_checkouts.py` runs: a table of commands. Their inputs are made by `record_inputs.py`."""

from __future__ import annotations

from dataclasses import dataclass

from record_inputs import SAMPLES, ZOO


@dataclass(frozen=True)
class Command:
    """One line to run, of `xai-cam` unless `program` names a script beside this file.

    Commands with the same `folder` run one after the other in it; each other one has its own. `or_else` is
    the line in the new spelling, tried where the first is refused for an option or argument that is unknown.
    """

    name: str
    line: str
    or_else: str = ""
    folder: str = ""
    stdin: str = ""
    program: str = ""

    @property
    def place(self) -> str:
        return self.folder or self.name


def _sample(name: str) -> str:
    place = f"../models/{name}"
    return f"-m {place}/model.json -w {place}/model.weights.h5 --labels {place}/labels.txt"


def _zoo(name: str) -> str:
    return f"-m ../models/{name}/model.json"


SHAPES, BINARY, DIGITS, DOGCAT = map(_sample, SAMPLES)
SHAPES_FILES = SHAPES.partition(" --labels")[0]
OLD = "-m ../models/dogcat/keras2/model.json -w ../models/dogcat/keras2/model.h5"
WHOLE = "-m ../models/oarriaga_fer_minixcep/model.h5"
THEANO, KERAS2, KERAS214 = map(_zoo, ZOO[:3])
KERAS3, MOBILENET = map(_zoo, ZOO[4:])
IMAGENET = f"{MOBILENET} --labels ../models/imagenet_mobilenet_v1_025_224/labels.json --preprocess signed"
TWO = "pictures/shapes/01_circle.png pictures/shapes/06_heart.png"
METHODS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"]
METHODS += ["score-cam", "score-cam-official", "ablation-cam", "eigen-cam"]
ALL_METHODS = " ".join(f"--method {name}" for name in METHODS)
GROUPS = ["explain", "compare", "evaluate", "sanity", "kernels", "features"]
GROUPS += ["convert", "layers", "methods", "doctor", "demo"]
KERNELS = [f"kernels {name}" for name in ("show", "apply", "edit", "prepend")]

HELP = tuple(
    Command("help_" + (name.replace(" ", "_") or "all"), f"{name} --help") for name in ("", *GROUPS, *KERNELS)
)

EXPLAIN = (
    Command("explain", f"explain {SHAPES} pictures/shapes", folder="explain"),
    Command("explain_again", f"explain {SHAPES} pictures/shapes", folder="explain"),
    Command("explain_report_again", f"explain {SHAPES} --report late.html pictures/shapes", folder="explain"),
    Command("explain_overwrite", f"explain {SHAPES} --overwrite --colormap jet {TWO}", folder="explain"),
    Command(
        "explain_many",
        f"explain {SHAPES} {ALL_METHODS} -c predicted -c star -l relu3_2 -l smooth3 "
        f"--save overlay,heatmap,raw --results rows.csv -o maps {TWO}",
    ),
    Command("explain_jsonl", f"explain {SHAPES} {ALL_METHODS} -c top2 --results rows.jsonl -o maps {TWO}"),
    Command("explain_rows", f"explain {DOGCAT} -l conv3_3 --results - -o maps -r pictures/dogcat/cat"),
    Command(
        "explain_report",
        f"explain {DOGCAT} --method grad-cam --method eigen-cam -c folder --report maps/report.html "
        "--results maps/rows.csv -r -o maps pictures/dogcat",
    ),
    Command(
        "explain_fuse", f"explain {SHAPES} -l relu1_1 -l relu3_3 --fuse mean --save overlay,raw -o maps {TWO}"
    ),
    Command("explain_fuse_max", f"explain {SHAPES} -l relu1_1 -l relu3_3 --fuse max -o maps {TWO}"),
    Command("explain_mirrored", f"explain {DOGCAT} -r -o maps --exclude '*_0002*' pictures/dogcat"),
    Command("explain_dry", f"explain {SHAPES} --method score-cam --dry-run pictures/shapes"),
    Command("explain_quiet", f"explain {SHAPES} -q -o maps {TWO}"),
    Command("explain_verbose", f"explain {SHAPES} -v -o maps {TWO}"),
    Command("explain_odd", f"explain {SHAPES} -o maps --results rows.csv --report odd.html pictures/odd"),
    Command("explain_fail_fast", f"explain {SHAPES} --fail-fast -b 1 -o maps pictures/odd"),
    Command("explain_channels", f"explain {SHAPES} --method score-cam --max-channels 8 -o maps {TWO}"),
    Command("explain_jpg", f"explain {SHAPES} --format jpg --opacity 0.3 --enlarge 2 -o maps {TWO}"),
    Command("explain_probability", f"explain {SHAPES} --score probability --save raw -o maps {TWO}"),
    Command("explain_fit", f"explain {DOGCAT} --fit letterbox --colormap viridis -o maps pictures/photos"),
    Command("explain_crop", f"explain {DOGCAT} --fit crop --channel-order bgr -o maps pictures/photos"),
    *(
        Command(
            f"explain_{engine}",
            f"explain {SHAPES} --engine {engine} --method grad-cam --method score-cam --method ablation-cam "
            f"--save overlay,raw --results rows.csv -o maps {TWO}",
        )
        for engine in ("openvino", "tensorflow")
    ),
    Command("explain_bf16", f"explain {SHAPES} --precision bf16 --method score-cam --no-cache -o maps {TWO}"),
    Command("explain_wrong", f"explain {BINARY} -c folder --only wrong -r -o maps pictures/binary"),
    Command("explain_unsure", f"explain {DOGCAT} --only unsure --margin 0.9 -r -o maps pictures/dogcat"),
    Command("explain_from_file", f"explain {SHAPES} --from-file - -o maps", stdin=TWO.replace(" ", "\n")),
    Command("explain_keras2", f"explain {OLD} --method score-cam --results - -o maps pictures/photos"),
    Command(
        "explain_digits", f"explain {DIGITS} --method score-cam --save overlay,raw -o maps pictures/digits"
    ),
    *(
        Command(
            f"explain_zoo_{name}",
            f"explain {model} --method grad-cam --method score-cam --max-channels 16 --save overlay,raw "
            f"--results rows.jsonl -o maps {images}",
        )
        for name, model, images in (
            ("theano", THEANO, "../models/pplonski_mnist_k10_th/images"),
            ("keras2", KERAS2, "../models/ardamavi_dogcat_k204/images"),
            ("keras214", KERAS214, "../models/giang_mnist_tfjs/images"),
            ("whole", WHOLE, "../models/oarriaga_fer_minixcep/images"),
            ("keras3", KERAS3, "../models/imagenet_mobilenet_v1_025_k3/images"),
            ("mobilenet", f"{IMAGENET} -l conv_pw_13_relu", "pictures/photos"),
        )
    ),
)

COMPARE_LINE = (
    f"compare {SHAPES} -l relu3_2 -l smooth3 --method grad-cam --method score-cam --baselines --steps 8 "
    "-o compared --results rows.csv --report compared/report.html pictures/shapes"
)
COMPARE = (
    Command("compare", COMPARE_LINE, folder="compare"),
    Command("compare_again", COMPARE_LINE, folder="compare"),
    Command("compare_again_json", COMPARE_LINE.replace("--report", "--json --report"), folder="compare"),
    Command("compare_defaults", f"compare {SHAPES} {TWO}"),
    Command(
        "compare_all",
        f"compare {SHAPES} {ALL_METHODS} -c top2 --max-channels 8 --masks pictures/masks --scale method "
        f"--steps 4 -o compared {TWO}",
    ),
    Command("compare_odd", f"compare {SHAPES} --steps 0 --scale all -o compared pictures/odd"),
    Command(
        "compare_rows", f"compare {DOGCAT} --method eigen-cam --results - -r -o compared pictures/dogcat/dog"
    ),
)

EVALUATE = (
    Command(
        "evaluate", f"evaluate {DOGCAT} --charts report --results rows.csv pictures/dogcat", folder="evaluate"
    ),
    Command("evaluate_again", f"evaluate {DOGCAT} --charts report pictures/dogcat", folder="evaluate"),
    Command("evaluate_json", f"evaluate {DOGCAT} --json --results rows.jsonl pictures/dogcat"),
    Command("evaluate_many", f"evaluate {SHAPES} --truth pictures/truth.csv --charts report pictures/shapes"),
    *(
        Command(f"evaluate_{only}", f"evaluate {BINARY} --only {only} pictures/binary")
        for only in ("wrong", "right")
    ),
    Command("evaluate_unsure", f"evaluate {DOGCAT} --only unsure --margin 0.9 pictures/dogcat"),
    Command("evaluate_try", f"evaluate {DOGCAT} --try-preprocess pictures/dogcat"),
    Command("evaluate_mismatch", f"evaluate {SHAPES} pictures/dogcat"),
)

SANITY = (
    Command(
        "sanity",
        f"sanity {SHAPES} --method grad-cam --method score-cam --method eigen-cam --max-channels 8 "
        "--draws 2 -o report pictures/shapes",
    ),
    Command(
        "sanity_json", f"sanity {DOGCAT} --json --count 3 --draws 1 --method grad-cam -r pictures/dogcat"
    ),
)

FIR = "kernels apply --fir"
KERNELS_RUNS = (
    Command("show", f"kernels show {SHAPES_FILES}"),
    Command("show_brief", f"kernels show {SHAPES_FILES} -l conv2_1 --filters 0-7,12 --format brief"),
    Command("show_csv", f"kernels show {SHAPES_FILES} --filters 0-3 --format csv"),
    Command("show_json", f"kernels show {SHAPES_FILES} --filters 0-3 --json --combine channels"),
    Command("show_array", f"kernels show {SHAPES_FILES} --format npy -o kernels"),
    Command("show_picture", f"kernels show {SHAPES_FILES} --picture --response --combine rgb -o kernels"),
    Command("show_theano", f"kernels show {THEANO} --picture --format brief"),
    Command("show_depthwise", f"kernels show {MOBILENET} -l conv_dw_1 --format brief"),
    Command("apply", f"{FIR} sharpen:1 --fir sobel-x --save picture,figure,raw -o out pictures/photos"),
    Command("apply_beside", f"{FIR} pictures/kernel.npy --results - pictures/odd"),
    Command("apply_options", f"{FIR} gaussian:1.5 --border zero --planes sum --scale stretch -o out {TWO}"),
    Command("apply_filter", f"kernels apply {SHAPES_FILES} -l conv1_1 --filters 3,13 -o out {TWO}"),
    Command("apply_deep", f"kernels apply {SHAPES_FILES} -l conv2_1 --filters 0 --dry-run {TWO}"),
    Command(
        "edit",
        f"kernels edit {SHAPES} --zero conv1_1:0-3 --set conv1_1:5=sobel-x --multiply conv2_1:7=0.5 -o new "
        "--results rows.csv pictures/shapes",
        folder="edit",
    ),
    Command("edit_again", f"kernels edit {SHAPES} --zero conv1_1:0-3 -o new", folder="edit"),
    Command("edit_used", "explain -m new/model.json -o maps pictures/shapes/06_heart.png", folder="edit"),
    Command("edit_table", f"kernels edit {SHAPES} --set conv1_1:5=pictures/kernel.npy pictures/shapes"),
    Command("edit_rank", f"kernels edit {SHAPES} -l conv1_1 --rank --results rows.jsonl pictures/shapes"),
    Command("edit_rank_logit", f"kernels edit {DIGITS} --rank --score logit pictures/digits"),
    Command("prepend", f"kernels prepend {SHAPES} --fir gaussian --kernel-size 5 -o new pictures/shapes"),
    Command("prepend_planes", f"kernels prepend {SHAPES_FILES} --fir box --fir delta --fir delta -o new"),
)

FEATURES_LINE = f"features {SHAPES} -l conv1_1 -l relu1_1 -l pool1 --top 4 -o out --results rows.csv {TWO}"
FEATURES = (
    Command("features", FEATURES_LINE, folder="features"),
    Command("features_again", FEATURES_LINE, folder="features"),
    Command("features_class", f"features {SHAPES} -c heart --top 12 --scale layer -o out {TWO}"),
    Command("features_arrays", f"features {DIGITS} -l conv -l pool --save grid,npy -o out pictures/digits"),
    Command("features_odd", f"features {SHAPES} --top 2 --by energy --results - -o out pictures/odd"),
)

FILES = (
    Command(
        "convert_theano",
        "convert -m ../models/pplonski_mnist_k10_th/model.json -o new.keras",
        folder="convert",
    ),
    Command("convert_used", "layers -m new.keras", folder="convert"),
    Command("convert_whole", "convert -m ../models/oarriaga_fer_minixcep/model.h5 -o new.json --json"),
    Command("convert_lambda", "convert -m ../models/lambda.h5 -o new.keras"),
    Command("layers", f"layers {SHAPES_FILES}"),
    Command("layers_json", f"layers {WHOLE} --json"),
    Command("layers_theano", f"layers {THEANO}"),
    Command("layers_mobilenet", f"layers {MOBILENET}"),
    Command("methods", "methods"),
    Command("methods_json", "methods --json"),
    Command("doctor", "doctor"),
    Command("version", "--version"),
    Command("demo", "demo --count 3 --seed 1 -o out"),
)

ERRORS = (
    Command("error_layer", f"explain {SHAPES} -l no_such {TWO}"),
    Command("error_layer_flat", f"explain {SHAPES} -l average {TWO}"),
    Command("error_class", f"explain {SHAPES} -c giraffe {TWO}"),
    Command("error_class_number", f"explain {SHAPES} -c 99 {TWO}"),
    Command("error_method", f"explain {SHAPES} --method no-cam {TWO}"),
    Command("error_option", f"explain {SHAPES} --no-such {TWO}"),
    Command("error_weights", "explain -m pictures/alone.json pictures/shapes"),
    Command("error_weights_wrong", f"explain -m ../models/digits/model.json -w pictures/kernel.npy {TWO}"),
    Command(
        "error_weights_other",
        f"explain -m ../models/digits/model.json -w ../models/shapes/model.weights.h5 {TWO}",
    ),
    Command("error_images", f"explain {SHAPES}"),
    Command("error_no_images", f"explain {SHAPES} --include '*.gif' pictures/shapes"),
    Command("error_image_missing", f"explain {SHAPES} pictures/missing.png"),
    Command("error_model", "explain -m missing.json pictures/shapes"),
    Command("error_model_absent", "explain pictures/shapes"),
    Command("error_lambda", f"explain -m ../models/lambda.h5 {TWO}"),
    Command("error_results", f"explain {SHAPES} --results rows.xls {TWO}"),
    Command("error_compare", f"compare {SHAPES} --masks no_such {TWO}"),
    Command("error_evaluate", f"evaluate {DOGCAT} pictures/photos"),
    Command("error_sanity", f"sanity {SHAPES} -l no_such {TWO}"),
    Command("error_show", f"kernels show {SHAPES_FILES} -l relu1_1"),
    Command("error_apply", f"{FIR} no-such {TWO}"),
    Command("error_edit", f"kernels edit {SHAPES} --zero conv1_1:99 {TWO}"),
    Command("error_edit_syntax", f"kernels edit {SHAPES} --zero conv1_1 {TWO}"),
    Command("error_prepend", f"kernels prepend {SHAPES} --fir box --fir box -o new"),
    Command("error_features", f"features {SHAPES} --by weight --save film {TWO}"),
    Command("error_convert", "convert -m pictures/alone.json -o new.keras"),
    Command("error_command", "no-such"),
)

LIBRARY = (Command("library", "../models/shapes pictures/shapes", program="record_library.py"),)

COMMANDS = (
    *HELP, *EXPLAIN, *COMPARE, *EVALUATE, *SANITY, *KERNELS_RUNS, *FEATURES, *FILES, *ERRORS, *LIBRARY
)  # fmt: skip
