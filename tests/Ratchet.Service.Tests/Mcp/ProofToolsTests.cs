using System.IO.Pipelines;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Ratchet.Service.Tests.Mcp;

/// <summary>Agents, played by the protocol's own client.</summary>
public sealed class ProofToolsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_checks_proofs_over_HTTP()
    {
        await using var stand = await Stand.StartAsync();
        await using var agent = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(stand.Service.Url + "/mcp") }), cancellationToken: Stop);
        await AssertWorksAsync(agent);
    }

    [Fact]
    public async Task An_agent_checks_proofs_over_the_standard_streams()
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var serving = RatchetService.RunStandardStreamsAsync(new ServiceOptions(), toServer.Reader.AsStream(), toClient.Writer.AsStream(), Stop);
        await using (var agent = await McpClient.CreateAsync(new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream()), cancellationToken: Stop))
            await AssertWorksAsync(agent);

        // The end of the input is the end of the service.
        await toServer.Writer.CompleteAsync();
        await serving;
    }

    [Fact]
    public async Task An_agent_needs_a_key_where_others_do_and_has_its_own_queue()
    {
        const string Key = "0123456789abcdef";
        var verifier = new GatedVerifier();
        await using var stand = await Stand.StartAsync(verifier, new ServiceOptions { Keys = [Key], MaxPendingPerClient = 1 });
        var options = new HttpClientTransportOptions { Endpoint = new Uri(stand.Service.Url + "/mcp"), TransportMode = HttpTransportMode.StreamableHttp };
        await Assert.ThrowsAsync<HttpRequestException>(() => McpClient.CreateAsync(new HttpClientTransport(options), cancellationToken: Stop));

        options.AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {Key}" };
        await using var agent = await McpClient.CreateAsync(new HttpClientTransport(options), cancellationToken: Stop);
        var first = CallAsync(agent, "A", "x");
        await verifier.StartedAsync();
        var second = await CallAsync(agent, "A", "x");
        verifier.LetGo();

        Assert.True(second.IsError);
        Assert.Contains("The queue of 'propositional' is full", Text(second), StringComparison.Ordinal);
        Assert.Contains("Try again in 1 s.", Text(second), StringComparison.Ordinal);
        Assert.NotEqual(true, (await first).IsError);
    }

    private static async Task AssertWorksAsync(McpClient agent)
    {
        Assert.Equal(["list_verifiers", "verify_proof"], (await agent.ListToolsAsync(cancellationToken: Stop)).Select(t => t.Name).Order());

        var listed = await agent.CallToolAsync("list_verifiers", cancellationToken: Stop);
        Assert.Equal("propositional", listed.StructuredContent!.Value.GetProperty("verifiers")[0].GetProperty("name").GetString());

        var right = (await CallAsync(agent, "A /\\ B -> B", "intros [h g]. exact g.")).StructuredContent!.Value;
        Assert.Equal(("accepted", "full"), (right.GetProperty("outcome").GetString(), right.GetProperty("trust").GetString()));
        var wrong = (await CallAsync(agent, "A -> B", "intros h. exact h.")).StructuredContent!.Value;
        Assert.Equal(("rejected", "step_failed", 16), (wrong.GetProperty("outcome").GetString(), wrong.GetProperty("reason").GetString(), wrong.GetProperty("feedback")[0].GetProperty("start").GetInt32()));

        var mistake = await CallAsync(agent, "A ->", "auto.");
        Assert.True(mistake.IsError);
        Assert.Contains("The statement cannot be read by 'propositional'", Text(mistake), StringComparison.Ordinal);
    }

    private static async Task<CallToolResult> CallAsync(McpClient agent, string statement, string proof) =>
        await agent.CallToolAsync("verify_proof", new Dictionary<string, object?> { ["statement"] = statement, ["proof"] = proof }, cancellationToken: Stop);

    private static string Text(CallToolResult result) => ((TextContentBlock)result.Content[0]).Text;
}
