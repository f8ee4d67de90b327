import Foundation
import Testing

/// Lines in a file beyond which it should be split by aspect.
private let fileLinesMaximum = 400

@Test func sourceFilesStaySmall() throws {
    for file in SourceTree.swiftFiles(in: "Sources") {
        let lines = try SourceTree.text(file).split(
            separator: "\n", omittingEmptySubsequences: false
        ).count
        if lines > fileLinesMaximum {
            Issue.record("\(file) has \(lines) lines; split it into Type+Aspect.swift")
        }
    }
}

/// Spelt apart, so that this file does not find itself.
private let banned = [
    ("try" + "!", "throw a ServingError"), ("fatal" + "Error(", "throw a ServingError"),
    ("Task.de" + "tached", "give the task an owner"), ("TO" + "DO", "do it or refuse it"),
    ("FIX" + "ME", "fix it"),
]

@Test func sourcesAreFreeOfWhatMayTrapOrIsUnfinished() throws {
    for file in SourceTree.swiftFiles(in: "Sources") {
        let text = try SourceTree.text(file)
        for (word, instead) in banned where text.contains(word) {
            Issue.record("\(file) has '\(word)': \(instead)")
        }
    }
}

@Test func testsDoNotSleep() throws {
    for file in SourceTree.swiftFiles(in: "Tests") {
        let text = try SourceTree.text(file)
        for word in ["Task.sl" + "eep", "usl" + "eep(", "Thread.sl" + "eep"]
        where text.contains(word) {
            Issue.record("\(file) has '\(word)': wait on a signal or move a clock")
        }
    }
}
