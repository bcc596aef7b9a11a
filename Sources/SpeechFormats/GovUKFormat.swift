internal import Foundation
internal import Speeches

/// A speech as the GOV.UK Content API gives it (schema `speech`, frontend form).
///
/// A document's id is its address, which no two live items share and which differs between translations; the content
/// id is kept as an attribute.
public struct GovUKFormat: SpeechFormat {
    /// Makes the format.
    public init() {}

    /// `govuk-content-api`.
    public var name: FormatName { .govUK }
    /// `json`.
    public var fileExtensions: Set<String> { ["json"] }

    /// A JSON object with at least two members that items of the API have.
    public func detects(_ sample: FormatSample) -> Bool {
        let members = ["content_id", "base_path", "schema_name", "document_type", "details"]
        return sample.opensJSONObject && members.filter(sample.containsJSONString).count >= 2
    }

    /// Reads one item.
    /// - Throws: `FormatError` with code `encoding`, `invalid`, `empty` or `tooLarge`.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        let content = try JSONInput.decode(GovUKContent.self, from: try JSONInput.utf8(bytes))
        guard content.schemaName.hasSuffix("speech") else {
            throw FormatError(
                .invalid, "the item is not a speech", cure: "fetch items whose schema_name is 'speech'",
                path: "schema_name")
        }
        guard content.basePath.hasPrefix("/") else {
            throw FormatError(.invalid, "the path must begin with '/'", cure: "fetch it again", path: "base_path")
        }
        guard let delivered = Self.deliveryDate(content.details.deliveredOn) else {
            throw FormatError(
                .invalid, "the value must be a timestamp (RFC 3339)", cure: "fetch it again",
                path: "details.delivered_on")
        }
        return SpeechReader(try speech(content, delivered, context))
    }

    private func speech(
        _ content: GovUKContent, _ delivered: DeliveryDate, _ context: SourceContext
    ) throws(FormatError) -> Speech {
        let body: [String]
        do {
            body = try HTMLText.paragraphs(of: content.details.body)
        } catch {
            var error = error
            error.path = "details.body"
            throw error
        }
        guard !body.isEmpty else {
            throw FormatError(.empty, "the body has no text", cure: "leave it out", path: "details.body")
        }
        let address = "https://www.gov.uk" + content.basePath
        return Speech(
            id: SpeechID(address), title: TextNormalisation.optionalLine(content.title),
            summary: TextNormalisation.optionalLine(content.description), body: body,
            speaker: Self.speaker(content, on: delivered), deliveredOn: delivered,
            location: TextNormalisation.optionalLine(content.details.location),
            language: Self.languageTag(content.locale),
            source: Source(
                uri: address, publisher: context.publisher ?? "GOV.UK", format: name.rawValue,
                retrievedAt: context.retrievedAt, licence: context.licence ?? "OGL-UK-3.0"),
            attributes: try GovUKAttributes(content).values)
    }

    /// Midnight stands for 'some time that day' (the form asks for a date and defaults the hour); its local date counts.
    static func deliveryDate(_ text: String) -> DeliveryDate? {
        guard let date = DeliveryDate(text) else { return nil }
        guard let timestamp = date.timestamp else { return date }
        let time = timestamp.dropFirst(11).prefix { $0.isNumber || $0 == ":" || $0 == "." }
        return time.allSatisfy { "0:.".contains($0) } ? DeliveryDate(date.date) : date
    }

    /// The API's locales are BCP 47 in lower case but for one: `dr` is Dari.
    static func languageTag(_ locale: String) -> String? {
        guard let locale = TextNormalisation.optionalLine(locale) else { return nil }
        if locale == "dr" { return "prs" }
        let parts = locale.split(separator: "-")
        let region = parts.dropFirst().map { $0.count == 2 ? $0.uppercased() : String($0) }
        return (parts.prefix(1).map { $0.lowercased() } + region).joined(separator: "-")
    }

    private static func speaker(_ content: GovUKContent, on delivered: DeliveryDate) -> Speaker? {
        let link = content.links?.speaker?.first
        guard let name = TextNormalisation.optionalLine(link?.title ?? content.details.speakerWithoutProfile) else {
            return nil
        }
        // Somebody without a profile, such as the Queen, holds none of the item's roles.
        guard let link else { return Speaker(name: name) }
        return Speaker(
            id: TextNormalisation.optionalLine(link.contentID), name: name,
            role: role(content, on: delivered.date), organisation: organisation(content))
    }

    /// The office held on the day, by the appointments where the item has them, else its only role; none if there
    /// are several and nothing tells which.
    private static func role(_ content: GovUKContent, on day: String) -> String? {
        let appointments =
            (content.links?.roleAppointments ?? []).map { ($0.details, $0.links?.role) }
            + (content.links?.speaker?.first?.links?.roleAppointments ?? []).map { ($0.details, $0.links?.role) }
        let held = appointments.filter { details, _ in
            guard let start = details?.startedOn, start.prefix(10) <= day else { return false }
            return details?.endedOn.map { day <= $0.prefix(10) } ?? true
        }
        let offices = Set(held.compactMap { TextNormalisation.optionalLine($0.1?.first?.title) })
        if let office = offices.first { return offices.count == 1 ? office : nil }
        guard let roles = content.links?.roles, roles.count == 1 else { return nil }
        return TextNormalisation.optionalLine(roles[0].title)
    }

    /// The body that published it as its own, else the only one, else the only one that is emphasised.
    private static func organisation(_ content: GovUKContent) -> String? {
        let all = content.links?.organisations ?? []
        let emphasised = all.filter { link in
            content.details.emphasisedOrganisations?.contains { $0 == link.contentID } ?? false
        }
        let choices = [content.links?.primaryPublishingOrganisation ?? [], all, emphasised]
        return TextNormalisation.optionalLine(choices.first { $0.count == 1 }?.first?.title)
    }
}

/// Facts of an item that have no member of their own in a document; named as the API names them where it does.
private struct GovUKAttributes {
    private(set) var values: [String: String] = [:]

    init(_ content: GovUKContent) throws(FormatError) {
        add("content_id", content.contentID)
        add("document_type", content.documentType)
        add("first_published_at", content.firstPublishedAt)
        add("public_updated_at", content.publicUpdatedAt)
        add("speech_type_explanation", content.details.speechTypeExplanation)
        add("first_public_at", content.details.firstPublicAt)
        add("political", content.details.political.map(String.init))
        add("government", content.details.government?.title)
        add("update_notes", content.details.changeHistory?.map { "\($0.publicTimestamp.prefix(10)) \($0.note)" })
        let links = content.links
        add("organisations", links?.organisations?.compactMap(\.title))
        add("roles", links?.roles?.compactMap(\.title))
        add("topical_events", links?.topicalEvents?.compactMap(\.title))
        add("world_locations", links?.worldLocations?.compactMap(\.title))
        add("policy_areas", links?.policyAreas?.compactMap(\.title))
        add("available_locales", links?.availableTranslations?.compactMap(\.locale))
        try addWithdrawal(content.withdrawnNotice)
    }

    private mutating func add(_ name: String, _ value: String?) {
        values[name] = TextNormalisation.optionalLine(value)
    }

    private mutating func add(_ name: String, _ list: [String]?) {
        add(name, list?.joined(separator: "; "))
    }

    /// `withdrawn_at` is what the producer looks for when it is set to withdraw.
    private mutating func addWithdrawal(_ notice: GovUKContent.WithdrawnNotice?) throws(FormatError) {
        add("withdrawn_at", notice?.withdrawnAt)
        guard let explanation = notice?.explanation else { return }
        add("withdrawn_explanation", try HTMLText.paragraphs(of: explanation).joined(separator: " "))
    }
}
