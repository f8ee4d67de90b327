/// A picture as floating-point samples from 0 to 1, channels side by side.
struct PixelGrid {
    private(set) var width: Int
    private(set) var height: Int
    private(set) var channels: Int
    private(set) var values: [Float]

    /// Takes a picture over, without its alpha.
    init(_ picture: Picture) {
        width = picture.width
        height = picture.height
        let stored = picture.channels
        let kept = stored == 2 ? 1 : min(stored, 3)
        channels = kept
        let factor = 1 / Float(picture.maximum)
        var values: [Float] = []
        values.reserveCapacity(picture.width * picture.height * kept)
        for pixel in stride(from: 0, to: picture.samples.count, by: stored) {
            for channel in 0..<kept {
                values.append(Float(picture.samples[pixel + channel]) * factor)
            }
        }
        self.values = values
    }

    /// Makes grey of colours (luma of ITU-R BT.601) or RGB of grey.
    mutating func convert(toChannels wanted: Int) {
        guard wanted != channels else { return }
        if wanted == 1 {
            values = stride(from: 0, to: values.count, by: 3).map {
                0.299 * values[$0] + 0.587 * values[$0 + 1] + 0.114 * values[$0 + 2]
            }
        } else {
            values = values.flatMap { [$0, $0, $0] }
        }
        channels = wanted
    }

    /// Changes the size; pixel centres are at halves, as in every current framework.
    mutating func resize(
        toWidth newWidth: Int, height newHeight: Int, _ method: ImageOptions.Resize
    ) {
        guard newWidth != width || newHeight != height else { return }
        // Columns and rows are independent in all methods, so each is done by itself.
        let columns = Self.weights(from: width, to: newWidth, method)
        let rows = Self.weights(from: height, to: newHeight, method)
        var wide = [Float](repeating: 0, count: newWidth * height * channels)
        for row in 0..<height {
            for column in 0..<newWidth {
                for channel in 0..<channels {
                    var sum: Float = 0
                    for (source, weight) in columns[column] {
                        sum += weight * values[(row * width + source) * channels + channel]
                    }
                    wide[(row * newWidth + column) * channels + channel] = sum
                }
            }
        }
        let rowLength = newWidth * channels
        var result = [Float](repeating: 0, count: newHeight * rowLength)
        for row in 0..<newHeight {
            for (source, weight) in rows[row] {
                for index in 0..<rowLength {
                    result[row * rowLength + index] += weight * wide[source * rowLength + index]
                }
            }
        }
        (width, height, values) = (newWidth, newHeight, result)
    }

    /// For each new position the old ones that it is made of, with weights that add up to 1.
    private static func weights(from old: Int, to new: Int, _ method: ImageOptions.Resize)
        -> [[(source: Int, weight: Float)]]
    {
        let ratio = Double(old) / Double(new)
        return (0..<new).map { index in
            let centre = (Double(index) + 0.5) * ratio
            switch method {
            case .off, .nearest: return [(min(Int(centre), old - 1), 1)]
            case .bilinear:
                let position = min(max(centre - 0.5, 0), Double(old - 1))
                let first = Int(position)
                let fraction = Float(position - Double(first))
                return [(first, 1 - fraction), (min(first + 1, old - 1), fraction)]
            case .area: return covered(from: Double(index) * ratio, length: ratio, of: old)
            }
        }
    }

    private static func covered(from start: Double, length: Double, of old: Int) -> [(Int, Float)] {
        let end = min(start + length, Double(old))
        return (Int(start)..<min(Int(end.rounded(.up)), old)).map { source in
            let part = min(end, Double(source + 1)) - max(start, Double(source))
            return (source, Float(part / (end - start)))
        }
    }
}
