import EngineInterface
import Inference
import ServingCore
import Wire

/// What `slipway inspect` says of a model.
public struct InspectReport: CommandReport {
    let inspection: ModelInspection

    /// Takes what was found.
    public init(_ inspection: ModelInspection) {
        self.inspection = inspection
    }

    /// The facts, a line each; a table an inputs' and outputs' side; what to do.
    public var text: String {
        var lines = ["directory   \(inspection.directory) (\(Self.size(inspection.byteCount)))"]
        for claim in inspection.claims {
            lines.append(
                "framework   \(claim.framework), engine \(claim.engine), from '\(claim.entry)'")
        }
        switch inspection.availability {
        case .available(let version, let path):
            lines.append("library     \(version)\(path.map { ", \($0)" } ?? ", built in")")
        case .missing: lines.append("library     missing")
        case nil: break
        }
        if let bytes = inspection.memoryBytes {
            lines.append("memory      at most \(Self.size(bytes))")
        }
        if let declaration = inspection.declaration {
            lines.append("platform    \(declaration.platform)")
            for (key, value) in declaration.properties {
                lines.append("property    \(TextTable.oneLine("\(key): \(value)"))")
            }
        }
        return lines.joined(separator: "\n") + "\n" + signatures + advice
    }

    private var signatures: String {
        (inspection.declaration?.signatures ?? []).map { signature in
            var table = TextTable(["", "NAME", "TYPE", "SHAPE"])
            for (side, specifications) in [
                ("input", signature.inputs), ("output", signature.outputs),
            ] {
                for one in specifications {
                    table.add([side, one.name, "\(one.elementType)", Self.shape(one)])
                }
            }
            return "\nsignature \(signature.name), \(Self.batching(signature))\n" + table.text
        }.joined()
    }

    private var advice: String {
        if let problem = inspection.problem { return "\nnot servable: \(problem.message)\n" }
        guard inspection.declaration != nil else { return "" }
        return "\nIt can be served: slipway serve NAME=DIRECTORY, where DIRECTORY holds it in a "
            + "directory named by a number.\n"
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\(bytes) bytes" : ByteCount(bytes).neededMebibytes
    }

    private static func shape(_ specification: TensorSpecification) -> String {
        guard let dimensions = specification.dimensions else { return "any" }
        let extents = dimensions.map { dimension in
            switch dimension {
            case .fixed(let extent): "\(extent)"
            case .dynamic(let name): name ?? "-1"
            }
        }
        return "[\(extents.joined(separator: ", "))]"
    }

    private static func batching(_ signature: ModelSignature) -> String {
        switch signature.batching {
        case .leadingDimension: "requests may share a run"
        case .none(let reason): "requests run alone: \(reason)"
        }
    }
}
