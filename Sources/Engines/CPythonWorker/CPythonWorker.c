// The Python worker's files, as they lie in PythonEngine/Worker: the compiler reads them in.
//
// A new file needs its two lines here; a test compares this table with that folder.

#include "CPythonWorker.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char main_py[] = {
#embed "../PythonEngine/Worker/__main__.py"
};
static const unsigned char slipway_init_py[] = {
#embed "../PythonEngine/Worker/slipway/__init__.py"
};
static const unsigned char init_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/__init__.py"
};
static const unsigned char awaiting_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/awaiting.py"
};
static const unsigned char cancellation_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/cancellation.py"
};
static const unsigned char channel_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/channel.py"
};
static const unsigned char codec_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/codec.py"
};
static const unsigned char columns_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/columns.py"
};
static const unsigned char control_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/control.py"
};
static const unsigned char element_types_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/element_types.py"
};
static const unsigned char environments_init_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/__init__.py"
};
static const unsigned char environments_building_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/building.py"
};
static const unsigned char environments_conversation_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/conversation.py"
};
static const unsigned char environments_empty_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/empty.py"
};
static const unsigned char environments_interpreters_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/interpreters.py"
};
static const unsigned char environments_keeping_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/keeping.py"
};
static const unsigned char environments_pip_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/pip.py"
};
static const unsigned char environments_requirements_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/environments/requirements.py"
};
static const unsigned char errors_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/errors.py"
};
static const unsigned char estimators_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/estimators.py"
};
static const unsigned char feature_kinds_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/feature_kinds.py"
};
static const unsigned char lane_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/lane.py"
};
static const unsigned char loaders_init_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/__init__.py"
};
static const unsigned char loaders_catboost_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/catboost.py"
};
static const unsigned char loaders_custom_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/custom.py"
};
static const unsigned char loaders_keras_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/keras.py"
};
static const unsigned char loaders_mlflow_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/mlflow.py"
};
static const unsigned char loaders_pickled_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/pickled.py"
};
static const unsigned char loaders_skops_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/skops.py"
};
static const unsigned char loaders_spark_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/loaders/spark.py"
};
static const unsigned char mlflow_answers_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/mlflow_answers.py"
};
static const unsigned char mlflow_fields_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/mlflow_fields.py"
};
static const unsigned char model_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/model.py"
};
static const unsigned char process_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/process.py"
};
static const unsigned char shared_memory_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/shared_memory.py"
};
static const unsigned char signature_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/signature.py"
};
static const unsigned char spark_stages_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/spark_stages.py"
};
static const unsigned char tensors_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/tensors.py"
};
static const unsigned char worker_py[] = {
#embed "../PythonEngine/Worker/slipway_worker/worker.py"
};

#define FILE_OF(path, bytes) {path, bytes, sizeof bytes}

static const python_worker_file files[] = {
    FILE_OF("__main__.py", main_py),
    FILE_OF("slipway/__init__.py", slipway_init_py),
    FILE_OF("slipway_worker/__init__.py", init_py),
    FILE_OF("slipway_worker/awaiting.py", awaiting_py),
    FILE_OF("slipway_worker/cancellation.py", cancellation_py),
    FILE_OF("slipway_worker/channel.py", channel_py),
    FILE_OF("slipway_worker/codec.py", codec_py),
    FILE_OF("slipway_worker/columns.py", columns_py),
    FILE_OF("slipway_worker/control.py", control_py),
    FILE_OF("slipway_worker/element_types.py", element_types_py),
    FILE_OF("slipway_worker/environments/__init__.py", environments_init_py),
    FILE_OF("slipway_worker/environments/building.py", environments_building_py),
    FILE_OF("slipway_worker/environments/conversation.py", environments_conversation_py),
    FILE_OF("slipway_worker/environments/empty.py", environments_empty_py),
    FILE_OF("slipway_worker/environments/interpreters.py", environments_interpreters_py),
    FILE_OF("slipway_worker/environments/keeping.py", environments_keeping_py),
    FILE_OF("slipway_worker/environments/pip.py", environments_pip_py),
    FILE_OF("slipway_worker/environments/requirements.py", environments_requirements_py),
    FILE_OF("slipway_worker/errors.py", errors_py),
    FILE_OF("slipway_worker/estimators.py", estimators_py),
    FILE_OF("slipway_worker/feature_kinds.py", feature_kinds_py),
    FILE_OF("slipway_worker/lane.py", lane_py),
    FILE_OF("slipway_worker/loaders/__init__.py", loaders_init_py),
    FILE_OF("slipway_worker/loaders/catboost.py", loaders_catboost_py),
    FILE_OF("slipway_worker/loaders/custom.py", loaders_custom_py),
    FILE_OF("slipway_worker/loaders/keras.py", loaders_keras_py),
    FILE_OF("slipway_worker/loaders/mlflow.py", loaders_mlflow_py),
    FILE_OF("slipway_worker/loaders/pickled.py", loaders_pickled_py),
    FILE_OF("slipway_worker/loaders/skops.py", loaders_skops_py),
    FILE_OF("slipway_worker/loaders/spark.py", loaders_spark_py),
    FILE_OF("slipway_worker/mlflow_answers.py", mlflow_answers_py),
    FILE_OF("slipway_worker/mlflow_fields.py", mlflow_fields_py),
    FILE_OF("slipway_worker/model.py", model_py),
    FILE_OF("slipway_worker/process.py", process_py),
    FILE_OF("slipway_worker/shared_memory.py", shared_memory_py),
    FILE_OF("slipway_worker/signature.py", signature_py),
    FILE_OF("slipway_worker/spark_stages.py", spark_stages_py),
    FILE_OF("slipway_worker/tensors.py", tensors_py),
    FILE_OF("slipway_worker/worker.py", worker_py),
};

size_t python_worker_file_count(void) { return sizeof files / sizeof files[0]; }

python_worker_file python_worker_file_at(size_t index) { return files[index]; }
