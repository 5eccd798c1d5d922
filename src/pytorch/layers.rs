//! Each type of layer as PyTorch code. Activations are `[n, c, h, w]` there; what flattens or reshapes brings channels last
//! first, so that parameters keep our order.

use super::site::{Code, Site, Window, boolean, tuple};

/// Writes the code of a layer.
type Write = fn(&Site) -> Code;

/// Types of layers, each with what writes its code. A test says which are missing.
pub(super) static LAYERS: &[(&str, Write)] = &[
    ("conv2d", |site| convolution(site, "filters", false)),
    ("conv1d", |site| convolution(site, "filters", true)),
    ("depthwise_conv2d", |site| convolution(site, "depthwise", false)),
    ("separable_conv2d", separable),
    ("conv_transpose2d", |site| transposed(site, false)),
    ("conv_transpose1d", |site| transposed(site, true)),
    ("linear", |site| {
        let (inputs, outputs, bias) = (site.channels(), site.filters(), boolean(site.flag("bias", true)));
        call(site, format!("nn.Linear({inputs}, {outputs}, bias={bias})"))
    }),
    ("max_pool2d", |site| max_pool(site, false)),
    ("max_pool1d", |site| max_pool(site, true)),
    ("avg_pool2d", |site| avg_pool(site, false)),
    ("avg_pool1d", |site| avg_pool(site, true)),
    ("batch_norm", |site| {
        let (kind, epsilon) = (if site.reads_images() { "2d" } else { "1d" }, site.real("epsilon", 1e-5));
        let (momentum, affine) = (site.real("momentum", 0.1), boolean(site.flag("affine", true)));
        let options = format!("eps={epsilon:e}, momentum={momentum}, affine={affine}");
        call(site, format!("nn.BatchNorm{kind}({}, {options})", site.channels()))
    }),
    ("layer_norm", layer_norm),
    ("group_norm", |site| group_norm(site, site.number("groups", 1), true)),
    ("instance_norm", |site| group_norm(site, site.channels(), false)),
    ("global_avg_pool", |site| Code::value(format!("{}.mean((2, 3))", site.x()))),
    ("global_max_pool", |site| Code::value(format!("{}.amax((2, 3))", site.x()))),
    ("adaptive_avg_pool2d", |site| function(site, "F.adaptive_avg_pool2d", &tuple(site.pair("output", [1, 1])))),
    ("adaptive_max_pool2d", |site| function(site, "F.adaptive_max_pool2d", &tuple(site.pair("output", [1, 1])))),
    ("relu", |site| Code::value(activated("relu", site.x()))),
    ("leaky_relu", |site| function(site, "F.leaky_relu", &site.real("negative_slope", 0.01).to_string())),
    ("elu", |site| function(site, "F.elu", &site.real("alpha", 1.0).to_string())),
    ("gelu", |site| function(site, "F.gelu", &format!("approximate=\"{}\"", site.word("approximate", "none")))),
    ("silu", |site| Code::value(activated("silu", site.x()))),
    ("hardswish", |site| Code::value(activated("hardswish", site.x()))),
    ("sigmoid", |site| Code::value(activated("sigmoid", site.x()))),
    ("tanh", |site| Code::value(activated("tanh", site.x()))),
    ("hardsigmoid", |site| Code::value(activated("hardsigmoid", site.x()))),
    ("relu6", |site| Code::value(activated("relu6", site.x()))),
    ("softplus", |site| Code::value(activated("softplus", site.x()))),
    ("mish", |site| Code::value(activated("mish", site.x()))),
    ("prelu", |site| {
        let slopes = if site.word("slopes", "one") == "one" { 1 } else { site.channels() };
        call(site, format!("nn.PReLU({slopes})"))
    }),
    ("layer_scale", |site| call(site, format!("Scale({})", site.channels()))),
    ("softmax", |site| function(site, "F.softmax", "1")),
    ("log_softmax", |site| function(site, "F.log_softmax", "1")),
    ("dropout", |site| dropped(site, "F.dropout")),
    ("spatial_dropout", |site| dropped(site, "F.dropout2d")),
    ("stochastic_depth", |site| dropped(site, "stochastic_depth")),
    ("squeeze_excite", squeeze_excite),
    ("add", |site| Code::value(format!("{} + {}", site.reads[0], site.reads[1]))),
    ("multiply", multiply),
    ("concat", |site| Code::value(format!("torch.cat([{}], 1)", site.reads.join(", ")))),
    ("flatten", |site| Code::value(format!("last({}).flatten(1)", site.x()))),
    ("reshape", |site| {
        let sizes: Vec<String> = site.output.sizes()[1..].iter().map(usize::to_string).collect();
        Code::value(format!("first(last({}).reshape(-1, {}))", site.x(), sizes.join(", ")))
    }),
    ("upsample", upsample),
    ("pixel_shuffle", |site| function(site, "F.pixel_shuffle", &site.number("factor", 1).to_string())),
    ("pixel_unshuffle", |site| function(site, "F.pixel_unshuffle", &site.number("factor", 1).to_string())),
    ("zero_pad2d", |site| sides(site, "padding", "")),
    ("crop2d", |site| sides(site, "cropping", "-")),
    ("pad_channels", |site| {
        let images = if site.reads_images() { "0, 0, 0, 0, " } else { "" };
        let (before, after) = (site.number("before", 0), site.number("after", 0));
        function(site, "F.pad", &format!("({images}{before}, {after})"))
    }),
    ("subsample", |site| {
        let [h, w] = site.pair("stride", [1, 1]);
        Code::value(format!("{}[:, :, ::{h}, ::{w}]", site.x()))
    }),
    ("embedding", |site| {
        let [tokens, features] = [site.number("vocabulary", 0), site.number("features", 0)];
        call(site, format!("Tokens({tokens}, {features})"))
    }),
];

/// An activation by its name in model files.
pub(super) fn activated(name: &str, x: &str) -> String {
    match name {
        "none" => x.to_string(),
        "sigmoid" | "tanh" => format!("torch.{name}({x})"),
        "gelu_tanh" => format!("F.gelu({x}, approximate=\"tanh\")"),
        name => format!("F.{name}({x})"),
    }
}

fn call(site: &Site, module: String) -> Code {
    Code::module(module, format!("{}({})", site.own, site.x()))
}

fn function(site: &Site, name: &str, rest: &str) -> Code {
    Code::value(format!("{name}({}, {rest})", site.x()))
}

fn dropped(site: &Site, name: &str) -> Code {
    function(site, name, &format!("{}, self.training", site.real("rate", 0.0)))
}

/// `x` with this added around it; and what of a padding a module may do itself.
fn padded(x: &str, [top, bottom, left, right]: [usize; 4], with: &str) -> (String, [usize; 2]) {
    if top == bottom && left == right {
        (x.to_string(), [top, left])
    } else {
        (format!("F.pad({x}, ({left}, {right}, {top}, {bottom}){with})"), [0, 0])
    }
}

fn convolution(site: &Site, filters: &str, flat: bool) -> Code {
    let window = Window::of(site, "kernel", Some(1), flat);
    let groups = if filters == "depthwise" { site.channels() } else { site.number("groups", 1) };
    let (x, padding) = padded(site.x(), site.padding("padding", &window), "");
    let module = conv2d(&window, padding, [site.channels(), site.filters(), groups], site.flag("bias", true));
    Code::module(module, format!("{}({x})", site.own))
}

fn conv2d(window: &Window, padding: [usize; 2], [inputs, filters, groups]: [usize; 3], bias: bool) -> String {
    let Window { kernel, stride, dilation, .. } = window;
    let [kernel, stride, dilation] = [kernel, stride, dilation].map(|&pair| tuple(pair));
    let (padding, bias) = (tuple(padding), boolean(bias));
    format!("nn.Conv2d({inputs}, {filters}, {kernel}, {stride}, {padding}, {dilation}, groups={groups}, bias={bias})")
}

fn separable(site: &Site) -> Code {
    let window = Window::of(site, "kernel", Some(1), false);
    let (x, padding) = padded(site.x(), site.padding("padding", &window), "");
    let (channels, middle) = (site.channels(), site.channels() * site.number("depth_multiplier", 1));
    let depthwise = conv2d(&window, padding, [channels, middle, channels], false);
    let (filters, bias) = (site.filters(), boolean(site.flag("bias", true)));
    Code::module(format!("Separable({depthwise}, {middle}, {filters}, {bias})"), format!("{}({x})", site.own))
}

fn transposed(site: &Site, flat: bool) -> Code {
    let window = Window::of(site, "kernel", Some(1), flat);
    let more = match flat {
        true => [0, site.number("output_padding", 0)],
        false => site.pair("output_padding", [0, 0]),
    };
    let same = site.word("padding", "") == "same";
    let [top, bottom, left, right] = match same {
        // cropped from a full output, as many as are too many
        true => [
            window.reach(0).saturating_sub(window.stride[0]) / 2,
            0,
            window.reach(1).saturating_sub(window.stride[1]) / 2,
            0,
        ],
        false => site.padding("padding", &window),
    };
    let even = !same && top == bottom && left == right;
    let [kernel, stride, dilation] = [window.kernel, window.stride, window.dilation].map(tuple);
    let (inputs, filters, groups) = (site.channels(), site.filters(), site.number("groups", 1));
    let (padding, bias) = (tuple(if even { [top, left] } else { [0, 0] }), boolean(site.flag("bias", true)));
    let module = format!(
        "nn.ConvTranspose2d({inputs}, {filters}, {kernel}, {stride}, {padding}, {}, groups={groups}, bias={bias}, dilation={dilation})",
        tuple(more)
    );
    let value = format!("{}({})", site.own, site.x());
    let [h, w] = Site::sides(&site.output);
    let value = if even { value } else { format!("cut({value}, {top}, {left}, {h}, {w})") };
    Code::module(module, value)
}

fn max_pool(site: &Site, flat: bool) -> Code {
    let window = Window::of(site, "pool", None, flat);
    let (x, padding) = padded(site.x(), site.padding("padding", &window), ", value=float(\"-inf\")");
    // PyTorch pads by half a window at most
    let wide = (0..2).any(|a| 2 * padding[a] > window.kernel[a]);
    let [h, w] = padding;
    let (x, padding) =
        if wide { (format!("F.pad({x}, ({w}, {w}, {h}, {h}), value=float(\"-inf\"))"), [0, 0]) } else { (x, padding) };
    let [pool, stride, padding] = [window.kernel, window.stride, padding].map(tuple);
    Code::value(format!("F.max_pool2d({x}, {pool}, {stride}, {padding})"))
}

fn avg_pool(site: &Site, flat: bool) -> Code {
    let window = Window::of(site, "pool", None, flat);
    let [top, bottom, left, right] = site.padding("padding", &window);
    let counted = boolean(site.flag("count_include_pad", false));
    let [pool, stride] = [window.kernel, window.stride].map(tuple);
    Code::value(format!("avg_pool({}, {pool}, {stride}, ({left}, {right}, {top}, {bottom}), {counted})", site.x()))
}

fn layer_norm(site: &Site) -> Code {
    let (epsilon, affine) = (site.real("epsilon", 1e-5), boolean(site.flag("affine", true)));
    let options = format!("eps={epsilon:e}, elementwise_affine={affine}");
    if site.word("over", "channels") == "image" {
        let sizes = site.inputs[0].sizes();
        let shape = match *sizes {
            [_, h, w, c] => format!("[{c}, {h}, {w}]"),
            _ => format!("{:?}", &sizes[1..]),
        };
        return call(site, format!("nn.LayerNorm({shape}, {options})"));
    }
    let module = format!("nn.LayerNorm({}, {options})", site.channels());
    Code::module(module, format!("first({}(last({})))", site.own, site.x()))
}

fn group_norm(site: &Site, groups: usize, affine: bool) -> Code {
    let (epsilon, affine) = (site.real("epsilon", 1e-5), boolean(site.flag("affine", affine)));
    call(site, format!("nn.GroupNorm({groups}, {}, eps={epsilon:e}, affine={affine})", site.channels()))
}

fn squeeze_excite(site: &Site) -> Code {
    let channels = site.channels();
    let units = site.number("units", (channels / site.number("ratio", 16).max(1)).max(1));
    let [inner, gate] = [("activation", "relu"), ("gate", "sigmoid")]
        .map(|(key, default)| format!("lambda x: {}", activated(site.word(key, default), "x")));
    call(site, format!("SqueezeExcite({channels}, {units}, {inner}, {gate})"))
}

fn multiply(site: &Site) -> Code {
    let wide = |i: usize| match (site.inputs[i].rank(), site.output.rank()) {
        (2, 4) => format!("{}[:, :, None, None]", site.reads[i]),
        _ => site.reads[i].clone(),
    };
    Code::value(format!("{} * {}", wide(0), wide(1)))
}

fn upsample(site: &Site) -> Code {
    let (size, mode) = (tuple(Site::sides(&site.output)), site.word("mode", "nearest"));
    let aligned = if mode == "nearest" { "None" } else { boolean(site.flag("align_corners", false)) };
    function(site, "F.interpolate", &format!("size={size}, mode=\"{mode}\", align_corners={aligned}"))
}

fn sides(site: &Site, key: &str, sign: &str) -> Code {
    let window = Window::of(site, "kernel", Some(1), false);
    let [top, bottom, left, right] = site.padding(key, &window);
    function(site, "F.pad", &format!("({sign}{left}, {sign}{right}, {sign}{top}, {sign}{bottom})"))
}
