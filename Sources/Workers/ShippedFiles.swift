internal import Foundation

/// Files that come with the programs: rules and sample speeches. In a checkout they are in `Config`, in a folder above the
/// program; installed, in `share/rostrum` beside `bin`.
public enum ShippedFiles {
    /// The folder of rule files, nil when the program stands alone.
    public static var rules: String? { find("rules") }
    /// The folder of sample speeches, nil when the program stands alone.
    public static var samples: String? { find("samples") }

    /// How many folders upwards from the program are searched.
    private static let levels = 8

    private static func find(_ name: String) -> String? {
        let files = FileManager.default
        guard let program = try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        var folder = URL(filePath: program).deletingLastPathComponent()
        for _ in 0..<levels {
            for candidate in ["Config/\(name)", "share/rostrum/\(name)"] {
                let url = folder.appending(path: candidate)
                var isFolder: ObjCBool = false
                if files.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue { return url.path }
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
