import WorkerCommands

@main
enum RostrumSink {
    static func main() async { await WorkerProgram.sink.main() }
}
