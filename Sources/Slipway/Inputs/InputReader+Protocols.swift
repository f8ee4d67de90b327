import Inference
import NIOCore
import Protocols
import ServingCore

extension InputReader {
    /// Reads with these options, and JSON bodies as the server reads them.
    public init(options: InputOptions = InputOptions()) {
        self.init(
            options: options,
            json: { (body, metadata) throws(ServingError) in
                try PredictBodyDecoder.decode(ByteBuffer(bytes: body), for: metadata)
            })
    }
}
