import Foundation
import FoundationNetworking
import WorkerSupport

/// A short question to a worker's endpoints.
enum WorkerQuestion {
    /// Why there is no answer.
    struct NoAnswer: Error, CustomStringConvertible {
        let description: String
    }

    /// Asks for a path and waits for the whole answer, at most the time.
    static func get(_ url: URL, within limit: Duration) async throws(NoAnswer) -> (status: Int, body: Data) {
        // Workers are neighbours: a proxy that the environment names for the outside is not asked for them.
        setenv("no_proxy", "*", 1)
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = TimeInterval(limit.components.seconds)
        configuration.timeoutIntervalForResource = TimeInterval(limit.components.seconds)
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        do {
            let (body, response) = try await session.data(from: url)
            guard let response = response as? HTTPURLResponse else { throw NoAnswer(description: "no HTTP answer") }
            return (response.statusCode, body)
        } catch let error as NoAnswer {
            throw error
        } catch let error as URLError where error.code == .timedOut {
            throw NoAnswer(description: "no answer within \(limit.components.seconds) seconds")
        } catch let error as URLError where error.code == .cannotConnectToHost || error.code == .cannotFindHost {
            throw NoAnswer(
                description: error.code == .cannotFindHost ? "the host is not known" : "nobody listens there")
        } catch {
            throw NoAnswer(description: error.localizedDescription)
        }
    }
}
