/// A GOV.UK Content API item as JSON spells it: the members that a speech is made of. Everything else is ignored.
struct GovUKContent: Decodable {
    let basePath: String
    let contentID: String
    let schemaName: String
    let documentType: String?
    let locale: String
    let title: String
    let description: String?
    let firstPublishedAt: String?
    let publicUpdatedAt: String?
    let withdrawnNotice: WithdrawnNotice?
    let details: Details
    let links: Links?

    enum CodingKeys: String, CodingKey {
        case locale, title, description, details, links
        case basePath = "base_path"
        case contentID = "content_id"
        case schemaName = "schema_name"
        case documentType = "document_type"
        case firstPublishedAt = "first_published_at"
        case publicUpdatedAt = "public_updated_at"
        case withdrawnNotice = "withdrawn_notice"
    }

    /// Present and empty on items that are not withdrawn.
    struct WithdrawnNotice: Decodable {
        let explanation: String?
        let withdrawnAt: String?

        enum CodingKeys: String, CodingKey {
            case explanation
            case withdrawnAt = "withdrawn_at"
        }
    }

    struct Details: Decodable {
        let body: String
        let deliveredOn: String
        let location: String?
        let speechTypeExplanation: String?
        let speakerWithoutProfile: String?
        let firstPublicAt: String?
        let political: Bool?
        let government: Government?
        let changeHistory: [Change]?
        let emphasisedOrganisations: [String]?

        enum CodingKeys: String, CodingKey {
            case body, location, political, government
            case deliveredOn = "delivered_on"
            case speechTypeExplanation = "speech_type_explanation"
            case speakerWithoutProfile = "speaker_without_profile"
            case firstPublicAt = "first_public_at"
            case changeHistory = "change_history"
            case emphasisedOrganisations = "emphasised_organisations"
        }
    }

    struct Government: Decodable {
        let title: String
    }

    struct Change: Decodable {
        let publicTimestamp: String
        let note: String

        enum CodingKeys: String, CodingKey {
            case note
            case publicTimestamp = "public_timestamp"
        }
    }

    struct Links: Decodable {
        let speaker: [Link]?
        let roles: [Link]?
        let roleAppointments: [Link]?
        let organisations: [Link]?
        let primaryPublishingOrganisation: [Link]?
        let topicalEvents: [Link]?
        let worldLocations: [Link]?
        let policyAreas: [Link]?
        let availableTranslations: [Link]?

        enum CodingKeys: String, CodingKey {
            case speaker, roles, organisations
            case roleAppointments = "role_appointments"
            case primaryPublishingOrganisation = "primary_publishing_organisation"
            case topicalEvents = "topical_events"
            case worldLocations = "world_locations"
            case policyAreas = "policy_areas"
            case availableTranslations = "available_translations"
        }
    }

    /// Another item that this one points to, with as much of it as the API expands.
    struct Link: Decodable {
        let contentID: String?
        let title: String?
        let locale: String?
        let details: Appointment?
        let links: Nested?

        enum CodingKeys: String, CodingKey {
            case title, locale, details, links
            case contentID = "content_id"
        }
    }

    /// The time in office, on links of type `role_appointment`.
    struct Appointment: Decodable {
        let startedOn: String?
        let endedOn: String?

        enum CodingKeys: String, CodingKey {
            case startedOn = "started_on"
            case endedOn = "ended_on"
        }
    }

    struct Nested: Decodable {
        let role: [Named]?
        let roleAppointments: [NestedAppointment]?

        enum CodingKeys: String, CodingKey {
            case role
            case roleAppointments = "role_appointments"
        }
    }

    struct NestedAppointment: Decodable {
        let details: Appointment?
        let links: NestedRole?
    }

    struct NestedRole: Decodable {
        let role: [Named]?
    }

    struct Named: Decodable {
        let title: String?
    }
}
