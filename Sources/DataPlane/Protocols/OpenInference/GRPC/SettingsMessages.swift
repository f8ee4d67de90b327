import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// The trace and log settings, in the messages of grpc_service.proto.
struct SettingsMessages: Sendable {
    let extensions: OpenInferenceExtensions

    /// `TraceSettingResponse`, after the changes of the request: a setting without values is cleared.
    func trace(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        var model = ""
        var changes: [(key: String, values: [String]?)] = []
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                switch field {
                case 1:
                    let (key, values) = try Self.traceEntry(&reader)
                    changes.append((key, values.isEmpty ? nil : values))
                    try Self.check(changes.count)
                case 2: model = try reader.string()
                default: try reader.skip()
                }
            }
        }
        if !model.isEmpty {
            let reference = try ModelVersionText.reference(model, version: "")
            guard extensions.catalog.modelStatus(of: try reference.checkedSelector().name) != nil
            else {
                throw ServingError(
                    .modelNotFound, "Request for unknown model: '\(model.clipped())' is not found")
            }
        }
        try extensions.traceSettings.update(changes)
        return GRPCReply { buffer in
            for (key, values) in extensions.traceSettings.current() {
                buffer.writeProtobuf(1) { entry in
                    entry.writeProtobuf(1, string: key)
                    entry.writeProtobuf(2) { setting in
                        for value in values { setting.writeProtobuf(1, string: value) }
                    }
                }
            }
        }
    }

    /// `LogSettingsResponse`, after the changes of the request.
    func log(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        var changes: [(key: String, value: ExtensionParameter)] = []
        try message.withProtobufReader { (reader) throws(ServingError) in
            while let field = try reader.nextField() {
                guard field == 1 else {
                    try reader.skip()
                    continue
                }
                changes.append(try Self.logEntry(&reader))
                try Self.check(changes.count)
            }
        }
        try extensions.logSettings.update(changes)
        return GRPCReply { buffer in
            for (key, value) in extensions.logSettings.current() {
                buffer.writeProtobuf(1) { entry in
                    entry.writeProtobuf(1, string: key)
                    entry.writeProtobuf(2) { Self.write(value, to: &$0) }
                }
            }
        }
    }

    private static func check(_ count: Int) throws(ServingError) {
        guard count <= Limits.tensorsPerRequestMaximum else {
            throw ServingError(.invalidRequest, "there are too many settings")
        }
    }

    private static func traceEntry(_ reader: inout ProtobufReader) throws(ServingError)
        -> (String, [String])
    {
        var values: [String] = []
        let key = try reader.mapEntry { (entry) throws(ServingError) in
            var setting = try entry.message()
            while let field = try setting.nextField() {
                if field == 1 {
                    values.append(try setting.string())
                    try check(values.count)
                } else {
                    try setting.skip()
                }
            }
        }
        return (key, values)
    }

    private static func logEntry(_ reader: inout ProtobufReader) throws(ServingError)
        -> (key: String, value: ExtensionParameter)
    {
        var value = ExtensionParameter.null
        let key = try reader.mapEntry { (entry) throws(ServingError) in
            var choice = try entry.message()
            while let field = try choice.nextField() {
                switch field {
                case 1: value = .boolean(try choice.boolean())
                case 2: value = .integer(Int64(UInt32(truncatingIfNeeded: try choice.varint())))
                case 3: value = .text(try choice.string())
                default: try choice.skip()
                }
            }
        }
        return (key, value)
    }

    /// A `SettingValue` of the log settings.
    private static func write(_ value: ExtensionParameter, to buffer: inout ByteBuffer) {
        switch value {
        case .boolean(let flag): buffer.writeProtobuf(1, boolean: flag)
        case .integer(let integer): buffer.writeProtobuf(2, signed: max(0, integer))
        case .text(let text): buffer.writeProtobuf(3, string: text)
        case .number, .bytes, .null: break
        }
    }
}
