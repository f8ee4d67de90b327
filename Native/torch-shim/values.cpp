// From flat lists of tensors to a method's arguments, and from its answer to a flat list.
#include <cstring>

#include "shim.h"

namespace slipway {

namespace {

constexpr size_t leaves_maximum = 4096;
constexpr int depth_maximum = 16;

/// Strings as the program lays them out: a 4-byte length each, then the bytes.
at::Tensor text_bytes(const std::vector<std::string> &texts) {
    size_t count = 0;
    for (const auto &text : texts) count += 4 + text.size();
    auto tensor = at::empty({static_cast<int64_t>(count)}, at::kByte);
    auto *to = tensor.data_ptr<uint8_t>();
    for (const auto &text : texts) {
        const auto length = static_cast<uint32_t>(text.size());
        std::memcpy(to, &length, 4);
        std::memcpy(to + 4, text.data(), text.size());
        to += 4 + text.size();
    }
    return tensor;
}

/// The strings in a tensor of bytes; its framing was checked by the program.
std::vector<std::string> texts_of(const slipway_torch_input &input) {
    std::vector<std::string> texts;
    const auto *at = static_cast<const char *>(input.data);
    const auto *end = at + input.byte_count;
    while (end - at >= 4) {
        uint32_t length = 0;
        std::memcpy(&length, at, 4);
        at += 4;
        if (static_cast<size_t>(end - at) < length) break;
        texts.emplace_back(at, length);
        at += length;
    }
    return texts;
}

at::Tensor plain(const at::Tensor &tensor, bool copies) {
    if (!tensor.defined()) throw Unsupported("it is an undefined tensor");
    if (tensor.layout() != at::kStrided) throw Unsupported("it is a sparse tensor");
    if (tensor.is_quantized()) throw Unsupported("it is a quantized tensor; dequantize() it");
    if (at::isComplexType(tensor.scalar_type())) {
        throw Unsupported("it is complex; return its real and imaginary parts");
    }
    auto dense = tensor.device().is_cpu() ? tensor : tensor.cpu();
    if (dense.is_neg()) dense = dense.resolve_neg();
    return copies ? dense.clone(at::MemoryFormat::Contiguous) : dense.contiguous();
}

void add(std::vector<Leaf> &leaves, const std::string &key, at::Tensor tensor) {
    if (leaves.size() >= leaves_maximum) throw Unsupported("it holds more than 4096 tensors");
    leaves.push_back(Leaf{std::move(tensor), key, {}, false});
}

void add_texts(
    std::vector<Leaf> &leaves, const std::string &key, const std::vector<std::string> &texts,
    std::vector<int64_t> dims) {
    add(leaves, key, text_bytes(texts));
    leaves.back().text_dims = std::move(dims);
    leaves.back().is_text = true;
}

bool is_text_list(const c10::IValue &value) {
    return value.isList() && value.toList().elementType()->kind() == c10::TypeKind::StringType;
}

void visit(
    const c10::IValue &value, const std::string &key, bool copies, int depth,
    std::vector<Leaf> &leaves) {
    if (depth > depth_maximum) throw Unsupported("it is nested too deeply");
    if (value.isTensor()) {
        add(leaves, key, plain(value.toTensor(), copies));
    } else if (value.isInt()) {
        add(leaves, key, at::scalar_tensor(value.toInt(), at::kLong));
    } else if (value.isDouble()) {
        add(leaves, key, at::scalar_tensor(value.toDouble(), at::kDouble));
    } else if (value.isBool()) {
        add(leaves, key, at::scalar_tensor(value.toBool(), at::kBool));
    } else if (value.isString()) {
        add_texts(leaves, key, {value.toStringRef()}, {});
    } else if (value.isIntList()) {
        add(leaves, key, at::tensor(value.toIntVector(), at::kLong));
    } else if (value.isDoubleList()) {
        add(leaves, key, at::tensor(value.toDoubleVector(), at::kDouble));
    } else if (value.isBoolList()) {
        const auto list = value.toBoolList();
        auto tensor = at::empty({static_cast<int64_t>(list.size())}, at::kBool);
        for (size_t i = 0; i < list.size(); i++) tensor.data_ptr<bool>()[i] = list.get(i);
        add(leaves, key, tensor);
    } else if (is_text_list(value)) {
        std::vector<std::string> texts;
        for (const auto &item : value.toListRef()) texts.push_back(item.toStringRef());
        const auto count = static_cast<int64_t>(texts.size());
        add_texts(leaves, key, texts, {count});
    } else if (value.isTuple()) {
        for (const auto &item : value.toTupleRef().elements()) {
            visit(item, key, copies, depth + 1, leaves);
        }
    } else if (value.isList()) {
        for (const auto &item : value.toListRef()) visit(item, key, copies, depth + 1, leaves);
    } else if (value.isGenericDict()) {
        for (const auto &entry : value.toGenericDict()) {
            if (!entry.key().isString()) throw Unsupported("its dictionary has keys that are no str");
            const auto inner = entry.key().toStringRef();
            visit(entry.value(), key.empty() ? inner : key + "." + inner, copies, depth + 1, leaves);
        }
    } else {
        throw Unsupported("it is a " + value.tagKind() + ", which has no form as a tensor");
    }
}

template <typename Value>
Value scalar(const slipway_torch_input &input) {
    Value value{};
    if (input.byte_count < sizeof(Value)) throw std::invalid_argument("it takes one element");
    std::memcpy(&value, input.data, sizeof(Value));
    return value;
}

}  // namespace

void flatten(const c10::IValue &value, bool copies, std::vector<Leaf> &leaves) {
    visit(value, "", copies, 0, leaves);
}

std::vector<c10::IValue> arguments_of(
    const c10::FunctionSchema &schema, const slipway_torch_argument *arguments, int32_t count,
    const slipway_torch_input *inputs, std::vector<at::Tensor> &tensors) {
    std::vector<c10::IValue> values;
    values.reserve(static_cast<size_t>(count) + 1);
    size_t next = 0;
    for (int32_t index = 0; index < count; index++) {
        const auto &argument = arguments[index];
        const auto first = next;
        next += static_cast<size_t>(argument.count);
        switch (argument.kind) {
            case SLIPWAY_TORCH_TENSOR: values.emplace_back(std::move(tensors[first])); break;
            case SLIPWAY_TORCH_TUPLE: {
                std::vector<c10::IValue> elements;
                for (auto i = first; i < next; i++) elements.emplace_back(std::move(tensors[i]));
                values.emplace_back(c10::ivalue::Tuple::create(std::move(elements)));
                break;
            }
            case SLIPWAY_TORCH_LIST: {
                c10::List<at::Tensor> list;
                for (auto i = first; i < next; i++) list.push_back(std::move(tensors[i]));
                values.emplace_back(std::move(list));
                break;
            }
            case SLIPWAY_TORCH_DICT: {
                c10::Dict<std::string, at::Tensor> dict;
                for (auto i = first; i < next; i++) {
                    dict.insert(argument.keys[i - first], std::move(tensors[i]));
                }
                values.emplace_back(std::move(dict));
                break;
            }
            case SLIPWAY_TORCH_INT: values.emplace_back(scalar<int64_t>(inputs[first])); break;
            case SLIPWAY_TORCH_FLOAT: values.emplace_back(scalar<double>(inputs[first])); break;
            case SLIPWAY_TORCH_TRUTH:
                values.emplace_back(scalar<uint8_t>(inputs[first]) != 0);
                break;
            case SLIPWAY_TORCH_TEXT: {
                auto texts = texts_of(inputs[first]);
                if (texts.size() != 1) throw std::invalid_argument("it takes one string");
                values.emplace_back(std::move(texts[0]));
                break;
            }
            case SLIPWAY_TORCH_TEXTS: {
                c10::List<std::string> list;
                for (auto &text : texts_of(inputs[first])) list.push_back(std::move(text));
                values.emplace_back(std::move(list));
                break;
            }
            default: {
                // Place 0 of a method's schema is the module itself.
                const auto &declared = schema.arguments().at(static_cast<size_t>(index) + 1);
                values.emplace_back(declared.default_value().value_or(c10::IValue()));
            }
        }
    }
    return values;
}

}  // namespace slipway
