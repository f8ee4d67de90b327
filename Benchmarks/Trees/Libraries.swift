import Glibc

/// XGBoost's and LightGBM's C interfaces, of which only what the benchmark calls is declared.
struct Library {
    private let handle: UnsafeMutableRawPointer

    init?(_ path: String) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return nil }
        self.handle = handle
    }

    /// A function, as the type that the caller says it has.
    func function<Function>(_ name: String, as _: Function.Type) -> Function {
        guard let symbol = dlsym(handle, name) else { fatalError("no \(name)") }
        return unsafeBitCast(symbol, to: Function.self)
    }
}

/// A booster of XGBoost, run by `XGBoosterPredictFromDense`, as `inplace_predict` does.
final class XGBoostBooster {
    private typealias Predict =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>,
            UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafePointer<UInt64>?>,
            UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32
    private var booster: UnsafeMutableRawPointer?
    private let predict: Predict

    init(_ library: Library, _ path: String, threads: Int) {
        typealias Create =
            @convention(c) (
                UnsafeRawPointer?, UInt64, UnsafeMutablePointer<UnsafeMutableRawPointer?>
            ) -> Int32
        typealias Load =
            @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> Int32
        typealias Set =
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>
            ) -> Int32
        predict = library.function("XGBoosterPredictFromDense", as: Predict.self)
        _ = library.function("XGBoosterCreate", as: Create.self)(nil, 0, &booster)
        guard library.function("XGBoosterLoadModel", as: Load.self)(booster, path) == 0 else {
            fatalError("XGBoost cannot load \(path)")
        }
        _ = library.function("XGBoosterSetParam", as: Set.self)(booster, "nthread", "\(threads)")
    }

    /// Predicts rows of binary32; returns the first value.
    func run(_ rows: UnsafePointer<Float>, count: Int, features: Int) -> Float {
        let values =
            "{\"data\":[\(UInt(bitPattern: rows)),true],\"shape\":[\(count),\(features)],"
            + "\"typestr\":\"<f4\",\"version\":3}"
        let options =
            "{\"type\":0,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
            + "\"missing\":NaN,\"training\":false,\"cache_id\":0}"
        var shape: UnsafePointer<UInt64>?
        var rank: UInt64 = 0
        var result: UnsafePointer<Float>?
        let status = predict(booster, values, options, nil, &shape, &rank, &result)
        guard status == 0, let result else { fatalError("XGBoost failed") }
        return result[0]
    }
}

/// A booster of LightGBM, run by its two quickest calls.
final class LightGBMBooster {
    private typealias Single =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeRawPointer, UnsafeMutablePointer<Int64>,
            UnsafeMutablePointer<Double>
        ) -> Int32
    private typealias Many =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeRawPointer, Int32, Int32, Int32, Int32, Int32, Int32,
            Int32, UnsafePointer<CChar>, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>
        ) -> Int32
    private var booster: UnsafeMutableRawPointer?
    private var fast: UnsafeMutableRawPointer?
    private let single: Single
    private let many: Many
    private let parameters: String

    init(_ library: Library, _ path: String, features: Int, threads: Int) {
        typealias Load =
            @convention(c) (
                UnsafePointer<CChar>, UnsafeMutablePointer<Int32>,
                UnsafeMutablePointer<UnsafeMutableRawPointer?>
            ) -> Int32
        typealias Prepare =
            @convention(c) (
                UnsafeMutableRawPointer?, Int32, Int32, Int32, Int32, Int32,
                UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>
            ) -> Int32
        parameters = "num_threads=\(threads)"
        single = library.function(
            "LGBM_BoosterPredictForMatSingleRowFast", as: Single.self)
        many = library.function("LGBM_BoosterPredictForMat", as: Many.self)
        var iterations: Int32 = 0
        let load = library.function("LGBM_BoosterCreateFromModelfile", as: Load.self)
        guard load(path, &iterations, &booster) == 0 else {
            fatalError("LightGBM cannot load \(path)")
        }
        let prepare = library.function(
            "LGBM_BoosterPredictForMatSingleRowFastInit", as: Prepare.self)
        // 0: predictions; all iterations; 1: binary64.
        _ = prepare(booster, 0, 0, -1, 1, Int32(features), parameters, &fast)
    }

    /// Predicts rows of binary64; returns the first value.
    func run(
        _ rows: UnsafePointer<Double>, count: Int, features: Int,
        into result: UnsafeMutablePointer<Double>
    ) -> Double {
        var length: Int64 = 0
        let status =
            count == 1
            ? single(fast, rows, &length, result)
            : many(
                booster, rows, 1, Int32(count), Int32(features), 1, 0, 0, -1, parameters, &length,
                result)
        guard status == 0 else { fatalError("LightGBM failed") }
        return result[0]
    }
}
