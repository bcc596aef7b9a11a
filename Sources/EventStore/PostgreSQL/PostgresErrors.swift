extension StoreError {
    /// Says in this program's terms what a PostgreSQL server has answered. Its primary messages name tables, columns and
    /// constraints, never what an event says.
    init(sqlState: String, message: String, place: String) {
        let (code, cure) = Self.meaning(ofSQLState: sqlState)
        self.init(code: code, reason: "\(place): \(message) (SQLSTATE \(sqlState))", cure: cure)
    }

    /// https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static func meaning(ofSQLState state: String) -> (Code, String) {
        switch state {
        case "57P01", "57P02", "57P03", "57P05", "53300":
            return (.unreachable, "the server restarts or has no connection free; it is tried again")
        case "53100":
            return (.diskFull, "make room on the server's disk; nothing was lost")
        // Two writers met, or one of them took rows away that the other had seen.
        case "40001", "40P01", "55P03", "23505", "23503":
            return (.busy, "another process writes the same rows: it is tried again")
        case "42501", "25006":
            return (
                .readOnly,
                "the role must own the schema 'rostrum' or may create it, and the server must accept writes (a standby does not)"
            )
        case "42P01", "42703", "3F000":
            return (.notAStore, "the tables of the schema 'rostrum' are not this program's: restore or drop the schema")
        case "57014": return (.cancelled, "ask for less, or raise the limit of time")
        case "XX001", "XX002": return (.corrupt, "restore the database, or make it anew from the events' Kafka topic")
        default: break
        }
        switch state.prefix(2) {
        case "08": return (.unreachable, "check the network and the server; it is tried again")
        case "53": return (.busy, "the server is short of memory or of other means; it is tried again")
        case "58": return (.ioFailed, "check the server's disk and its log")
        case "28", "3D": return (.cannotOpen, "check user, password and database in store.connection")
        case "22", "23", "54":
            return (.invalidEvent, "the event's members contradict each other: send the record to the dead letters")
        default: return (.failed, "look the code up at https://www.postgresql.org/docs/current/errcodes-appendix.html")
        }
    }
}
