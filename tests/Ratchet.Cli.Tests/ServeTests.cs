using ModelContextProtocol.Client;

namespace Ratchet.Cli.Tests;

public sealed class ServeTests
{
    [Fact]
    public async Task An_agent_starts_the_command_and_checks_a_proof_on_its_standard_streams()
    {
        var stop = TestContext.Current.CancellationToken;
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Ratchet.Cli.exe" : "Ratchet.Cli");
        await using var agent = await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions { Command = program, Arguments = ["serve", "--mcp", "--threads", "1"] }), cancellationToken: stop);

        var result = await agent.CallToolAsync("verify_proof", new Dictionary<string, object?> { ["statement"] = "A -> A", ["proof"] = "intros h. exact h." }, cancellationToken: stop);

        Assert.Equal("accepted", result.StructuredContent!.Value.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("--address 0.0.0.0", "error: Listening on 0.0.0.0 opens the service to other machines, and there is no key that they must show.")]
    [InlineData("--port 70000", "error: The port must be from 0 to 65535.")]
    [InlineData("--with none", "error: There is no verifier 'none'.")]
    [InlineData("--with metamath", "error: Metamath proofs are judged against a database, and none is given.")]
    [InlineData("--key-file /nowhere/keys", "error: The keys in /nowhere/keys cannot be read")]
    public async Task What_keeps_the_service_from_starting_is_told(string arguments, string message)
    {
        var run = await CliRun.Of(["serve", .. arguments.Split(' ')]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }
}
