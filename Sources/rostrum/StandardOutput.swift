import Foundation
import WorkerSupport

/// What a command answers. A reader that goes away early, such as `head`, ends the command quietly.
enum StandardOutput {
    static func write(_ text: String) { write(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            exit(ExitCode.failed.rawValue)
        }
    }
}
