import Inference
import ServingCore
import Tensors
import Wire

/// Turns a picture into a tensor of an input's shape and type.
struct ImageTensor {
    private let target: TensorSpecification
    private let options: ImageOptions

    init(_ target: TensorSpecification, _ options: ImageOptions) {
        self.target = target
        self.options = options
    }

    /// - Throws: `invalid_tensor` when the picture does not fit the input, or the options do not.
    func make(_ picture: Picture) throws(ServingError) -> Tensor {
        let plan = try ImagePlan(target, options.layout, picture)
        var grid = PixelGrid(picture)
        if plan.width != grid.width || plan.height != grid.height {
            guard options.resize != .off else {
                throw ServingError(
                    .invalidTensor,
                    "the picture is \(grid.width) by \(grid.height) pixels; input '\(target.name)' "
                        + "takes \(plan.width) by \(plan.height): resize it with --image-resize "
                        + "area, bilinear or nearest")
            }
            grid.resize(toWidth: plan.width, height: plan.height, options.resize)
        }
        grid.convert(toChannels: plan.channels)
        let shape = try Shape(plan.dimensions)
        let memory = try TensorMemory.allocate(byteCount: shape.byteCount(of: target.elementType))
        let adjust = try ChannelAdjustment(options, target.elementType, channels: plan.channels)
        let pixels = plan.width * plan.height
        for (index, value) in grid.values.enumerated() {
            let channel = index % plan.channels
            let position =
                plan.isChannelsFirst ? channel * pixels + index / plan.channels : index
            let number = adjust.number(value, channel: channel)
            guard number.store(as: target.elementType, at: position, in: memory.bytes) else {
                throw ServingError(
                    .invalidTensor,
                    "a pixel becomes \(number), which input '\(target.name)' of type "
                        + "\(target.elementType) cannot hold; change --image-scale")
            }
        }
        return Tensor(trusted: target.elementType, shape, memory.freeze())
    }
}

/// The arithmetic from intensities between 0 and 1 to the numbers that the model wants.
private struct ChannelAdjustment {
    private let type: ElementType
    private let isInverted: Bool
    private let scale: Double
    private let mean: [Double]
    private let deviation: [Double]

    init(_ options: ImageOptions, _ type: ElementType, channels: Int) throws(ServingError) {
        self.type = type
        isInverted = options.isInverted
        scale = options.scale ?? (type.isFloatingPoint ? 1 : 255)
        mean = try Self.spread(options.mean, channels, "mean", absent: 0)
        deviation = try Self.spread(options.deviation, channels, "deviation", absent: 1)
        guard scale.isFinite, scale > 0, mean.allSatisfy(\.isFinite),
            deviation.allSatisfy({ $0.isFinite && $0 != 0 })
        else {
            throw ServingError(
                .invalidRequest,
                "the image's scale is \(scale), its mean \(mean) and its deviation \(deviation); "
                    + "the "
                    + "scale must be above 0, and no deviation may be 0")
        }
    }

    func number(_ intensity: Float, channel: Int) -> Number {
        let value =
            (Double(isInverted ? 1 - intensity : intensity) * scale - mean[channel])
            / deviation[channel]
        guard !type.isFloatingPoint else { return .real(value) }
        return Int64(exactly: value.rounded()).map { .signed($0) } ?? .real(value)
    }

    private static func spread(_ values: [Double], _ channels: Int, _ name: String, absent: Double)
        throws(ServingError) -> [Double]
    {
        switch values.count {
        case 0: return [Double](repeating: absent, count: channels)
        case 1: return [Double](repeating: values[0], count: channels)
        case channels: return values
        default:
            throw ServingError(
                .invalidRequest,
                "the image's \(name) has \(values.count) numbers, but the input has \(channels) "
                    + "channels; give one number or one a channel")
        }
    }
}
