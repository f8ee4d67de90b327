public import ArgumentParser
public import Slipway

extension InputFormat: ExpressibleByArgument {}
extension ImageOptions.Layout: ExpressibleByArgument {}
extension ImageOptions.Resize: ExpressibleByArgument {}

/// How `predict` reads its files.
struct InputFlags: ParsableArguments {
    @Option(help: "The files' format; recognised when not given.")
    var format: InputFormat?

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the first row of a CSV file names its columns; found out when not given.")
    var header: Bool?

    @Option(help: "The order of an image input's dimensions.")
    var imageLayout = ImageOptions.Layout.automatic

    @Option(help: "How an image of another size is fitted.")
    var imageResize = ImageOptions.Resize.off

    @Option(
        help: ArgumentHelp(
            "The number that full intensity becomes; 255 for integers, 1 for floats by default.",
            valueName: "number"))
    var imageScale: Double?

    @Flag(help: "Exchange bright and dark: for dark ink on white paper.")
    var imageInvert = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Subtracted after scaling: one number, or one a channel.", valueName: "number"))
    var imageMean: [Double] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Divides after that: one number, or one a channel.", valueName: "number"))
    var imageDeviation: [Double] = []

    var options: InputOptions {
        var options = InputOptions()
        options.format = format
        options.hasHeaderRow = header
        options.image.layout = imageLayout
        options.image.resize = imageResize
        options.image.scale = imageScale
        options.image.isInverted = imageInvert
        options.image.mean = imageMean
        options.image.deviation = imageDeviation
        return options
    }
}
