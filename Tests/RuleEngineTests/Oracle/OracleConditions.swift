import Foundation
import RuleLanguage
import Speeches

/// Conditions on a document by the words of the reference: what is unknown fulfils none.
enum OracleConditions {
    static func hold(_ conditions: DocumentConditions, _ speech: Speech) -> Bool {
        isAny(conditions.languages, of: [speech.language]) { wanted, known in
            known == wanted || known.hasPrefix(wanted + "-")
        }
            && isAny(conditions.speakers, of: [speech.speaker?.name, speech.speaker?.role], contains)
            && isAny(conditions.organisations, of: [speech.speaker?.organisation], contains)
            && isAny(conditions.sources, of: [speech.source?.publisher, speech.source?.uri], contains)
            && isDelivered(conditions, speech.deliveredOn?.date)
    }

    private static func isAny(_ wanted: [String], of known: [String?], _ fits: (String, String) -> Bool) -> Bool {
        wanted.isEmpty || wanted.contains { wanted in known.compactMap { $0 }.contains { fits(wanted, $0) } }
    }

    private static func contains(_ wanted: String, _ known: String) -> Bool {
        known.range(of: wanted, options: .caseInsensitive) != nil
    }

    /// A year or a month stands for all its days: the days that the document may be of must meet those asked for.
    private static func isDelivered(_ conditions: DocumentConditions, _ date: String?) -> Bool {
        guard conditions.from != nil || conditions.to != nil else { return true }
        guard let date else { return false }
        let isLateEnough = conditions.from.map { days(date).upperBound >= days($0.date).lowerBound } ?? true
        let isEarlyEnough = conditions.to.map { days(date).lowerBound <= days($0.date).upperBound } ?? true
        return isLateEnough && isEarlyEnough
    }

    private static func days(_ date: String) -> ClosedRange<String> {
        let parts = date.split(separator: "-")
        return (parts + ["01", "01"]).prefix(3).joined(
            separator: "-")...(parts + ["99", "99"].suffix(3 - parts.count))
            .joined(separator: "-")
    }
}
