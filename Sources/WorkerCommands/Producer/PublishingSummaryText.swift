import Foundation
import Workers

extension PublishingSummary {
    /// For people: a line of counts, then reasons.
    var text: String {
        let refused = rejected.values.reduce(0, +)
        let lost = failed.values.reduce(0, +)
        var parts =
            withdrawn > 0 && published == 0
            ? ["\(withdrawn) withdrawn"] : ["\(published) published", "\(refused) refused"]
        if lost > 0 { parts.append("\(lost) not taken by the broker") }
        if withdrawn > 0, published > 0 { parts.append("\(withdrawn) withdrawn") }
        if unchanged > 0 { parts.append("\(unchanged) published before") }
        if nearDuplicates > 0 { parts.append("\(nearDuplicates) nearly the same as others") }
        let warned = warnings.values.reduce(0, +)
        if warned > 0 { parts.append(warned == 1 ? "1 warning" : "\(warned) warnings") }
        if ignored > 0 { parts.append("\(ignored) \(ignored == 1 ? "file" : "files") ignored") }
        if isInterrupted { parts.append("stopped before the end") }
        var lines = [parts.joined(separator: ", ")]
        let reasons = rejected.merging(failed, uniquingKeysWith: +).merging(warnings, uniquingKeysWith: +)
        for (code, count) in reasons.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(code): \(count)")
        }
        if published + withdrawn + unchanged + nearDuplicates + refused + lost == 0, !isInterrupted {
            lines.append("  nothing to publish was found; in folders, files are taken by the ending of their names")
        }
        return lines.joined(separator: "\n")
    }

    /// For programs.
    var json: String {
        let object: [String: Any] = [
            "published": published, "withdrawn": withdrawn, "unchanged": unchanged, "near_duplicates": nearDuplicates,
            "ignored": ignored, "rejected": rejected, "warnings": warnings, "failed": failed,
            "interrupted": isInterrupted,
        ]
        let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
