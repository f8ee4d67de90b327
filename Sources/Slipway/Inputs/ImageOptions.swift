/// How pictures become numbers.
///
/// In this order: alpha is dropped, the size is changed, colours are made grey or grey is made RGB,
/// as the input's shape asks, full intensity is set to `scale`, and mean and deviation are applied.
public struct ImageOptions: Hashable, Sendable {
    /// In which order an input of rank 4 (or 3) holds its dimensions.
    public enum Layout: String, Hashable, Sendable, CaseIterable {
        /// By the declared shape: the dimension that is 1 or 3 holds the channels.
        case automatic = "auto"
        /// `[batch, height, width, channels]`, as TensorFlow has it.
        case channelsLast = "nhwc"
        /// `[batch, channels, height, width]`, as PyTorch has it.
        case channelsFirst = "nchw"
    }

    /// How the size is changed when the input's height and width are fixed and the picture's
    /// differ.
    public enum Resize: String, Hashable, Sendable, CaseIterable {
        /// Not at all: another size is an error.
        case off
        /// Each pixel from the nearest one.
        case nearest
        /// Each pixel from the four around it, by distance.
        case bilinear
        /// Each pixel from all that it covers: the right way to make a picture smaller.
        case area
    }

    /// The order of dimensions. Default: by the shape.
    public var layout = Layout.automatic
    /// How the size is changed. Default: not at all.
    public var resize = Resize.off
    /// The number that full intensity becomes; black is 0. Default: 255 for integers, 1 for
    /// floating-point numbers. The digits example wants 16.
    public var scale: Double?
    /// Whether bright and dark are exchanged, for dark ink on white paper. Default: no.
    public var isInverted = false
    /// Subtracted from each channel after scaling: one number for all, or one a channel. Default:
    /// none.
    public var mean: [Double] = []
    /// Divides each channel after that: one number for all, or one a channel. Default: none.
    public var deviation: [Double] = []

    /// Chooses the defaults.
    public init() {}
}
