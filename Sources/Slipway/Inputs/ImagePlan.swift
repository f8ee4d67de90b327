import Inference
import ServingCore
import Tensors

/// How a picture has to look for an input: its size, its channels, and their place in the shape.
struct ImagePlan: Hashable {
    let width: Int
    let height: Int
    /// 1 or 3.
    let channels: Int
    let isChannelsFirst: Bool
    /// The tensor's shape; the batch dimension, if there is one, is 1.
    let dimensions: [Int]

    /// Reads the declared shape: `[N,H,W,C]`, `[N,C,H,W]`, `[N,H,W]`, `[H,W,C]`, `[C,H,W]`,
    /// `[H,W]`,
    /// `[N,H*W*C]` or `[H*W*C]`; dimensions that may vary take the picture's size.
    ///
    /// - Throws: `invalid_tensor` for a shape that no picture has.
    init(_ target: TensorSpecification, _ layout: ImageOptions.Layout, _ picture: Picture)
        throws(ServingError)
    {
        guard let declared = target.wireShape, target.elementType != .bool else {
            throw Self.refused(target, "give it as .npy")
        }
        let hasBatch = Self.hasBatch(declared)
        let inner = hasBatch ? Array(declared.dropFirst()) : declared
        guard !hasBatch || declared[0] == 1 || declared[0] == -1 else {
            throw Self.refused(target, "its batch has a fixed size; join the pictures in an .npy")
        }
        let batch = hasBatch ? [1] : []
        let grey = picture.channels <= 2
        switch inner.count {
        case 3:
            isChannelsFirst = try Self.isChannelsFirst(inner, layout, target)
            let found = isChannelsFirst ? inner[0] : inner[2]
            channels = found == -1 ? (grey ? 1 : 3) : found
            height = Self.extent(inner[isChannelsFirst ? 1 : 0], picture.height)
            width = Self.extent(inner[isChannelsFirst ? 2 : 1], picture.width)
            dimensions =
                batch + (isChannelsFirst ? [channels, height, width] : [height, width, channels])
        case 2:
            (isChannelsFirst, channels) = (false, 1)
            height = Self.extent(inner[0], picture.height)
            width = Self.extent(inner[1], picture.width)
            dimensions = batch + [height, width]
        case 1:
            let flat = try Self.flat(inner[0], picture, target)
            (width, height, channels) = (flat.width, flat.height, flat.channels)
            isChannelsFirst = layout == .channelsFirst
            dimensions = batch + [width * height * channels]
        default: throw Self.refused(target, "give it as .npy")
        }
        guard channels == 1 || channels == 3, width > 0, height > 0 else {
            throw Self.refused(target, "a picture has 1 or 3 channels")
        }
        _ = try Picture.sampleCount(width: width, height: height, channels: channels)
    }

    /// Whether the first dimension counts pictures: always at rank 4, else unless the shape is that
    /// of one picture by itself.
    private static func hasBatch(_ declared: [Int]) -> Bool {
        switch declared.count {
        case 4...: true
        case 3:
            declared[0] == -1
                || (declared[0] == 1 && declared[2] != 3 && declared[2] != 1)
        case 2: declared[0] == -1 || declared[0] == 1
        default: false
        }
    }

    private static func extent(_ declared: Int, _ found: Int) -> Int {
        declared == -1 ? found : declared
    }

    private static func isChannelsFirst(
        _ inner: [Int], _ layout: ImageOptions.Layout, _ target: TensorSpecification
    ) throws(ServingError) -> Bool {
        switch layout {
        case .channelsLast: return false
        case .channelsFirst: return true
        case .automatic:
            // Three channels are surer than one: `[1, 2, 3]` is a low picture of colours.
            let count = inner[0] == 3 || inner[2] == 3 ? 3 : 1
            let isLast = inner[2] == count
            let isFirst = inner[0] == count
            guard isLast != isFirst else {
                throw refused(
                    target, "say with --image-layout nhwc or nchw where the channels are")
            }
            return isFirst
        }
    }

    /// A flat input: the picture's own size if it fits, else a square of grey or RGB pixels.
    private static func flat(_ length: Int, _ picture: Picture, _ target: TensorSpecification)
        throws(ServingError) -> (width: Int, height: Int, channels: Int)
    {
        let pixels = picture.width * picture.height
        let own = picture.channels <= 2 ? 1 : 3
        if length == -1 || length == pixels * own { return (picture.width, picture.height, own) }
        for channels in [1, 3] {
            if length == pixels * channels { return (picture.width, picture.height, channels) }
        }
        for channels in [1, 3] where length % channels == 0 {
            let side = Int(Double(length / channels).squareRoot())
            if side > 0, side <= 1 << 16, side * side == length / channels {
                return (side, side, channels)
            }
        }
        throw refused(target, "no square picture has so many pixels; give it as .npy")
    }

    private static func refused(_ target: TensorSpecification, _ remedy: String) -> ServingError {
        ServingError(
            .invalidTensor,
            "input '\(target.name)' is \(target.elementType) "
                + "\(target.wireShape.map { "\($0)" } ?? "of any shape"); a picture cannot fill "
                + "it: "
                + remedy)
    }
}
