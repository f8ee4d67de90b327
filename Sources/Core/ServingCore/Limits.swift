/// Every hard limit of the program, in one place: nothing a peer or a file sends grows past these.
///
/// Limits that an operator may tighten or widen have their default here and their key in the
/// configuration; the rest are fixed.
public enum Limits {
    // MARK: Names

    /// Longest model name or label, in bytes.
    public static let nameBytesMaximum = 255

    // MARK: HTTP

    /// Longest request line plus headers, in bytes.
    public static let headerBytesMaximum = 64 * 1024
    /// Most header fields in a request.
    public static let headerFieldsMaximum = 128
    /// Longest request target, in bytes.
    public static let targetBytesMaximum = 8 * 1024
    /// Largest request body in bytes, also after decompression (TensorFlow Serving's default).
    public static let bodyBytesMaximum = 100 * 1024 * 1024
    /// Bytes of all request bodies that a listener holds at once.
    public static let bodiesBytesMaximum = 1 << 30
    /// Open connections a listener accepts at once.
    public static let connectionsMaximum = 4096
    /// Time a client has to send a whole header.
    public static let headerReadTimeout = Duration.seconds(10)
    /// Longest pause between two parts of a body.
    public static let bodyReadTimeout = Duration.seconds(30)
    /// How long an idle kept-alive connection stays open.
    public static let keepAliveTimeout = Duration.seconds(75)
    /// How long a request may take by default.
    public static let requestTimeout = Duration.seconds(30)
    /// How long a client may leave a reply unread before its connection is closed.
    public static let replyWriteTimeout = Duration.seconds(30)
    /// How long after a request's deadline the listener still waits for the handler's own answer.
    public static let answerGrace = Duration.seconds(30)
    /// How long bytes of a refused client are read and thrown away, so that it sees the refusal.
    public static let lingerTimeout = Duration.seconds(2)
    /// Reply bodies below this many bytes are sent as they are: gzip would gain less than it costs.
    public static let gzipBytesMinimum = 1024
    /// Longest line that starts a chunk, with its extensions, in bytes.
    public static let chunkLineBytesMaximum = 1024
    /// How long a draining server waits for requests in flight.
    public static let drainTimeout = Duration.seconds(30)

    // MARK: HTTP/2 and gRPC

    /// Streams that a client may have open at once on a connection.
    public static let streamsPerConnectionMaximum = 256
    /// Bytes that a client may send on one stream before it must wait for the server to read.
    public static let streamWindowBytes = 1 << 20
    /// Bytes that a client may send on all streams of a connection before it must wait.
    public static let connectionWindowBytes = 16 << 20
    /// Largest HTTP/2 frame that is accepted, in bytes of payload.
    public static let frameBytesMaximum = 64 * 1024
    /// Largest gRPC message, also after decompression; TensorFlow Serving's is 2 GiB, Triton's too.
    public static let messageBytesMaximum = 1 << 30
    /// Messages of one streaming call that are delivered before the first of them is answered.
    public static let messagesInFlightPerStream = 64
    /// Streams that a client may reset within ten seconds before its connection is closed.
    public static let streamResetsMaximum = 1000
    /// PING, SETTINGS and PRIORITY frames within a second, and answers to them that wait.
    public static let controlFramesMaximum = 2000
    /// DATA frames without data that a client may send in a row.
    public static let emptyFramesMaximum = 16
    /// Pings that come sooner after one another than this, while nothing is sent, are strikes.
    public static let pingIntervalSeconds: Int64 = 5
    /// Strikes before a client that pings too much is sent away.
    public static let pingStrikesMaximum = 5
    /// How long a draining connection waits for the client's answer to a ping before it takes no more
    /// streams.
    public static let drainPingTimeout = Duration.seconds(1)
    /// Longest text of an error in the `grpc-message` trailer, in bytes before encoding.
    public static let statusMessageBytesMaximum = 4 * 1024

    /// `Watch` calls of the health service that may be open at once.
    public static let healthWatchersMaximum = 1024
    /// How often changes of health are looked for while somebody watches.
    public static let healthWatchInterval = Duration.seconds(1)

    // MARK: Protobuf

    /// Deepest nesting of protobuf messages.
    public static let protobufDepthMaximum = 64

    // MARK: Tensors and JSON

    /// Most dimensions of a tensor.
    public static let tensorRankMaximum = 32
    /// Most elements of a tensor; a product beyond this is refused before anything is allocated.
    public static let tensorElementsMaximum = 1 << 32
    /// Most bytes of a tensor's storage.
    public static let tensorBytesMaximum = 4 << 30
    /// Most examples in a classification or regression.
    public static let examplesPerRequestMaximum = 1 << 20
    /// Most bytes that the context of a request adds to its examples together.
    public static let exampleContextBytesMaximum = 256 * 1024 * 1024
    /// Parts in which the context of a request may come; official clients send one.
    public static let exampleContextPartsMaximum = 64
    /// Most bytes of a tensor that are made up by repeating the last value that was sent, as
    /// TensorFlow's typed fields allow: a few bytes must not become gigabytes.
    public static let filledTensorBytesMaximum = 64 << 20
    /// Most inputs or outputs in a request.
    public static let tensorsPerRequestMaximum = 1024
    /// Regions of shared memory that clients may have registered at once; each is an open descriptor.
    public static let sharedMemoryRegionsMaximum = 256
    /// Largest output that `classification` ranks, in elements of one row (Triton's limit).
    public static let classificationElementsMaximum = 1_000_000
    /// Deepest nesting of a JSON document.
    public static let jsonDepthMaximum = 64
    /// Values and members of a JSON document that is read as a tree; tensors are not.
    public static let jsonValuesMaximum = 1_000_000
    /// Columns of a data frame.
    public static let dataFrameColumnsMaximum = 1 << 20
    /// Most bytes of a client's value that an error repeats.
    public static let quotedValueBytesMaximum = 256

    // MARK: Models

    /// Most versions looked at in one base directory.
    public static let versionsPerModelMaximum = 10_000
    /// Largest single model file read into memory.
    public static let modelFileBytesMaximum = 64 << 30
    /// Requests that may wait for one model version by default.
    public static let queuedRequestsDefault = 1024
    /// Rows that one batch may hold by default.
    public static let batchRowsDefault = 64
    /// Recorded warm-up requests that are replayed at most (TensorFlow Serving's limit).
    public static let warmUpRequestsMaximum = 1000

    /// How long a client that loads or unloads a model is kept waiting for it.
    public static let administrationTimeout = Duration.seconds(600)
    /// Changes of the set of models that wait for their turn or for their models.
    public static let administrationsMaximum = 256
    /// Models that one request to reload the configuration may list, and labels that each may have.
    public static let reloadedModelsMaximum = 10_000
    /// Bytes of model files that clients have sent with their requests to load, all together.
    public static let clientFilesBytesMaximum = 4 << 30
    /// Files that one request to load a model may bring.
    public static let clientFilesMaximum = 1000
    /// Models that are looked for in a repository directory.
    public static let repositoryModelsMaximum = 10_000

    // MARK: Configuration

    /// Largest configuration file, in bytes.
    public static let configurationBytesMaximum = 4 * 1024 * 1024
}
