internal import Foundation

/// Text and addresses in HTML.
enum HTML {
    /// Text as HTML and XML: nothing of it can become markup, and characters that neither allows become U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": escaped.append(scalar)
            default:
                let isAllowed =
                    scalar.properties.generalCategory != .control && !scalar.properties.isNoncharacterCodePoint
                escaped.append(isAllowed ? scalar : "\u{FFFD}")
            }
        }
        return String(escaped)
    }

    /// Text of documents: cut to a length, its direction kept to itself.
    static func foreign(_ text: String, atMost limit: Int) -> String {
        "<bdi>\(escaped(AnswerText.printable(text, atMost: limit)))</bdi>"
    }

    /// The address of a link; nil for anything that is not on the web, `javascript:` above all.
    static func link(_ address: String?) -> String? {
        guard let address, address.utf8.count <= 2_000, let url = URL(string: address),
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), url.host != nil
        else { return nil }
        return escaped(address)
    }
}
