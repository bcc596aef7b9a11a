import WorkerCommands

@main
enum RostrumProducer {
    static func main() async { await WorkerProgram.producer.main() }
}
