import EngineInterface
import Inference
import ServingCore

/// Makes a model out of checked files: predictors in every lane, and the signature that they tell.
struct MXNetLoading {
    private let content: MXNetContent
    private let options: MXNetOptions
    private let blueprint: Blueprint
    private let lanes: [PredictorLane]

    init(
        _ content: MXNetContent, _ options: MXNetOptions, _ library: MXNetLibrary,
        _ lanes: [PredictorLane]
    ) {
        self.content = content
        self.options = options
        self.lanes = lanes
        blueprint = Blueprint(
            library, content.interface, outputs: options.outputs,
            usesNumpyShapes: content.usesNumpyShapes, intraOpThreads: options.intraOpThreads)
    }

    /// Loads.
    ///
    /// - Throws: `model_invalid`, `resource_exhausted`.
    func model() throws(ServingError) -> MXNetModel {
        let (first, extent) = try firstPlace()
        let probe = SignatureProbe(first.predictors, content.graph, content.interface, options)
        let signature = try first.lane.take { () -> Result<ModelSignature, ServingError> in
            do throws(ServingError) {
                return .success(try probe.signature(extent: extent))
            } catch {
                return .failure(error)
            }
        }.get()
        var places = [first]
        for lane in lanes.dropFirst() { places.append(try place(lane, extent: extent)) }
        return MXNetModel(blueprint, places, signature, properties: properties)
    }

    /// The first lane's predictors, for the first extents that the network takes.
    private func firstPlace() throws(ServingError) -> (MXNetModel.Place, extent: Int) {
        let isOpen = content.interface.inputs.contains { $0.extents.dropFirst().contains(-1) }
        var failure: ServingError?
        for extent in isOpen ? SignatureProbe.extentsToTry : [1] {
            do throws(ServingError) {
                return (try place(lanes[0], extent: extent), extent)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? ServingError(.internalError, "no extent was tried")
    }

    private func place(_ lane: PredictorLane, extent: Int) throws(ServingError)
        -> MXNetModel.Place
    {
        let shapes = SignatureProbe.shapes(content.interface.inputs, rows: 1, extent: extent)
        let outputCount =
            options.outputs.isEmpty ? content.graph.heads.count : options.outputs.count
        let made = lane.take { () -> Result<PredictorSet, ServingError> in
            do throws(ServingError) {
                return .success(
                    try PredictorSet(
                        blueprint, lane, content.bytes, shapes, outputCount: outputCount))
            } catch {
                return .failure(error)
            }
        }
        return MXNetModel.Place(lane: lane, predictors: try made.get())
    }

    private var properties: [(key: String, value: String)] {
        var result = [(key: "symbol", value: content.files.symbol)]
        if let parameters = content.files.parameters { result.append(("parameters", parameters)) }
        return result
    }
}
