// What a model takes and gives, as JSON, and what its methods do to their surroundings.
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <cstdio>
#include <optional>

#include "shim.h"

namespace slipway {

namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

std::string quoted(const std::string &text) {
    std::string result = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            result += '\\';
            result += character;
        } else if (byte < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            result += escape;
        } else {
            result += character;
        }
    }
    return result + "\"";
}

template <typename Items, typename Text>
std::string listed(const Items &items, Text text) {
    std::string result = "[";
    for (const auto &item : items) {
        if (result.size() > 1) result += ",";
        result += text(item);
    }
    return result + "]";
}

std::string numbers(at::IntArrayRef values) {
    return listed(values, [](int64_t value) { return std::to_string(value); });
}

std::string type_text(const c10::TypePtr &type) {
    switch (type->kind()) {
        case c10::TypeKind::TensorType: return R"({"kind":"tensor"})";
        case c10::TypeKind::IntType: return R"({"kind":"int"})";
        case c10::TypeKind::FloatType: return R"({"kind":"float"})";
        case c10::TypeKind::BoolType: return R"({"kind":"bool"})";
        case c10::TypeKind::StringType: return R"({"kind":"str"})";
        case c10::TypeKind::OptionalType:
            return R"({"kind":"optional","of":)" + type_text(type->containedType(0)) + "}";
        case c10::TypeKind::ListType:
            return R"({"kind":"list","of":)" + type_text(type->containedType(0)) + "}";
        case c10::TypeKind::DictType:
            return R"({"kind":"dict","key":)" + type_text(type->containedType(0)) + R"(,"of":)" +
                type_text(type->containedType(1)) + "}";
        case c10::TypeKind::TupleType: {
            const auto tuple = type->expect<c10::TupleType>();
            std::string names = "[]";
            if (tuple->schema()) {
                names = listed(tuple->schema()->arguments(), [](const c10::Argument &argument) {
                    return quoted(argument.name());
                });
            }
            return R"({"kind":"tuple","elements":)" + listed(tuple->elements(), type_text) +
                R"(,"names":)" + names + "}";
        }
        default: return R"({"kind":"other","text":)" + quoted(type->annotation_str()) + "}";
    }
}

/// An example input of a trace: only its type and shape are kept in the file.
std::string example_text(const c10::IValue &value) {
    if (value.isTensor()) {
        const auto &tensor = value.toTensor();
        if (!tensor.defined()) return "null";
        return R"({"type":)" + std::to_string(static_cast<int>(tensor.scalar_type())) +
            R"(,"shape":)" + numbers(tensor.sizes()) + "}";
    }
    if (value.isTuple()) return listed(value.toTupleRef().elements(), example_text);
    if (value.isList()) return listed(value.toListRef(), example_text);
    if (value.isGenericDict()) {
        std::string result;
        for (const auto &entry : value.toGenericDict()) {
            if (!entry.key().isString()) return "null";
            result += (result.empty() ? "" : ",") + quoted(entry.key().toStringRef()) + ":" +
                example_text(entry.value());
        }
        return "{" + result + "}";
    }
    return "null";
}

/// The attribute of the module that a value reads, when it reads one.
std::optional<c10::IValue> attribute(const Module &module, const Graph &graph, const Value *value) {
    if (!graph.inputs().empty() && value == graph.inputs()[0]) return module._ivalue();
    const auto *node = value->node();
    if (node->kind() != c10::prim::GetAttr) return std::nullopt;
    const auto owner = attribute(module, graph, node->input());
    if (!owner || !owner->isObject()) return std::nullopt;
    const auto object = owner->toObject();
    const auto name = node->s(c10::attr::name);
    if (!object->type()->hasAttribute(name)) return std::nullopt;
    return object->getAttr(name);
}

/// The value of a condition that is fixed in the module: `self.training` above all.
std::optional<bool> truth(const Module &module, const Graph &graph, const Value *value, int depth) {
    if (depth > 32) return std::nullopt;
    if (const auto found = attribute(module, graph, value)) {
        return found->isBool() ? std::optional<bool>(found->toBool()) : std::nullopt;
    }
    const auto *node = value->node();
    if (node->kind() == c10::prim::Constant) {
        const auto constant = torch::jit::toIValue(value);
        if (constant && constant->isBool()) return constant->toBool();
    } else if (node->kind() == c10::prim::If) {
        const auto condition = truth(module, graph, node->input(0), depth + 1);
        if (!condition) return std::nullopt;
        const auto *block = node->blocks()[*condition ? 0 : 1];
        return truth(module, graph, block->outputs()[value->offset()], depth + 1);
    }
    return std::nullopt;
}

void look(const Module &module, const Graph &graph, const Block *block, Method &method) {
    for (const Node *node : block->nodes()) {
        if (node->kind() == c10::prim::If) {
            const auto condition = truth(module, graph, node->input(0), 0);
            if (!condition || *condition) look(module, graph, node->blocks()[0], method);
            if (!condition || !*condition) look(module, graph, node->blocks()[1], method);
            continue;
        }
        for (const Block *inner : node->blocks()) look(module, graph, inner, method);
        if (node->kind() == c10::prim::SetAttr) method.writes = method.changes_module = true;
        const auto *schema = node->maybeSchema();
        if (!schema || !schema->is_mutable()) continue;
        method.writes = true;
        const bool on_attribute = !node->inputs().empty() &&
            node->inputs()[0]->node()->kind() == c10::prim::GetAttr;
        if (on_attribute) method.changes_module = true;
    }
}

/// The first operation with weights that takes an input: its weights say the input's type.
std::string first_use(const Module &module, const Graph &graph, const Value *input) {
    for (const auto &use : input->uses()) {
        const std::string kind = use.user->kind().toQualString();
        const bool is_embedding = kind == "aten::embedding" || kind == "aten::embedding_bag";
        const bool has_weights = is_embedding || kind == "aten::linear" ||
            kind == "aten::conv1d" || kind == "aten::conv2d" || kind == "aten::conv3d" ||
            kind == "aten::_convolution";
        if (!has_weights || use.offset != (is_embedding ? 1 : 0)) continue;
        const auto weight = attribute(module, graph, use.user->inputs()[is_embedding ? 0 : 1]);
        if (!weight || !weight->isTensor() || !weight->toTensor().defined()) continue;
        const auto &tensor = weight->toTensor();
        return R"({"operation":)" + quoted(kind.substr(6)) + R"(,"type":)" +
            std::to_string(static_cast<int>(tensor.scalar_type())) + R"(,"weight":)" +
            numbers(tensor.sizes()) + "}";
    }
    return "null";
}

std::string method_text(const Module &module, const Method &method) {
    const auto &schema = method.method.function().getSchema();
    auto graph = method.method.graph()->copy();
    torch::jit::Inline(*graph);
    std::string arguments;
    for (size_t i = 1; i < schema.arguments().size(); i++) {
        const auto &argument = schema.arguments()[i];
        if (i > 1) arguments += ",";
        arguments += R"({"name":)" + quoted(argument.name()) + R"(,"has_default":)" +
            (argument.default_value() ? "true" : "false") + R"(,"type":)" +
            type_text(argument.type()) + R"(,"use":)" +
            (i < graph->inputs().size() ? first_use(module, *graph, graph->inputs()[i]) : "null") +
            "}";
    }
    const auto traced = module.retrieve_traced_inputs();
    const auto example = traced.find(method.method.name());
    return R"({"name":)" + quoted(method.method.name()) + R"(,"changes_module":)" +
        (method.changes_module ? "true" : "false") + R"(,"arguments":[)" + arguments +
        R"(],"returns":)" +
        (schema.returns().size() == 1 ? type_text(schema.returns()[0].type()) : "null") +
        R"(,"example":)" +
        (example == traced.end()
             ? "null"
             : listed(example->value(), [](const c10::IValue &value) { return example_text(value); })) +
        "}";
}

}  // namespace

std::vector<Method> methods_of(Module &module) {
    std::vector<Method> methods;
    for (const auto &method : module.get_methods()) {
        // Python's own, and those that torch makes for itself.
        if (method.name().rfind("_", 0) == 0) continue;
        Method entry{method, false, false};
        auto graph = method.graph()->copy();
        torch::jit::Inline(*graph);
        look(module, *graph, graph->block(), entry);
        const auto place = method.name() == "forward" ? methods.begin() : methods.end();
        methods.insert(place, entry);
    }
    return methods;
}

std::string describe(Model &model) {
    if (model.package) {
        auto spec = model.package->get_call_spec();
        std::string metadata;
        for (const auto &[key, value] : model.package->get_metadata()) {
            metadata += (metadata.empty() ? "" : ",") + quoted(key) + ":" + quoted(value);
        }
        return R"({"call_spec":)" + listed(spec, quoted) + R"(,"metadata":{)" + metadata + "}}";
    }
    return R"({"methods":)" +
        listed(model.methods, [&](const Method &method) {
               return method_text(*model.script, method);
           }) +
        "}";
}

}  // namespace slipway
