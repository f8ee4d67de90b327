import ServingCore
import Wire

/// The compiled interface files of every service, as `FileDescriptorSet` messages in base64.
///
/// `scripts/make-descriptors` writes the texts from `Protos/`.
enum DescriptorSets {
    private static var texts: [String] {
        [tensorFlow, tensorFlowServing, openInference, modelConfiguration, standard]
    }

    /// Every file, indexed; made at its first use.
    static let index: Result<DescriptorIndex, ServingError> = {
        do throws(ServingError) {
            var index = DescriptorIndex()
            for text in texts { try index.add(set: try Base64.decode(text.utf8, .strict)) }
            return .success(index)
        } catch {
            return .failure(error)
        }
    }()
}
