using System.ComponentModel;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Ratchet.Service.Admission;
using Ratchet.Systems.Verification;

namespace Ratchet.Service.Mcp;

/// <summary>The checks as tools for agents, over the Model Context Protocol.</summary>
internal sealed class ProofTools(CheckService service)
{
    /// <summary>Client name of a caller that has none: the program at the other end of the standard streams.</summary>
    private const string StandardStreams = "stdio";

    /// <summary>The tools.</summary>
    public IReadOnlyList<McpServerTool> All() =>
    [
        McpServerTool.Create(VerifyAsync, new McpServerToolCreateOptions
        {
            Name = "verify_proof", Title = "Check a proof", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true, SerializerOptions = VerdictAnswer.Json,
            OutputSchema = AIJsonUtilities.CreateJsonSchema(typeof(VerdictAnswer), serializerOptions: VerdictAnswer.Json),
            Description = "Checks a proof of a statement with a proof verifier. Says accepted, rejected or unknown, why, and what the verifier said, with offsets in the proof. Unknown means that the check did not come to an end and says nothing about the proof.",
        }),
        McpServerTool.Create(List, new McpServerToolCreateOptions
        {
            Name = "list_verifiers", Title = "List the verifiers", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true, SerializerOptions = VerdictAnswer.Json,
            Description = "Lists the verifiers with the forms of statement and proof that each reads.",
        }),
    ];

    private async Task<CallToolResult> VerifyAsync(
        RequestContext<CallToolRequestParams> request,
        [Description("Statement, in the form that the verifier reads; see list_verifiers.")] string statement,
        [Description("Proof, in the form that the verifier reads.")] string proof,
        [Description("Name of the verifier; the first of list_verifiers where there is none.")] string? verifier = null,
        [Description("What a right answer is compared with, for verifiers that compare; of a program the tests, as Python or as JSON in a text.")] string? reference = null,
        [Description("Longest time of the check, seconds.")] double? timeout_seconds = null,
        CancellationToken cancellationToken = default)
    {
        if (timeout_seconds is { } seconds && !(seconds >= 0))
            return Mistake("timeout_seconds must be 0 or more.");
        try
        {
            var item = new ProofItem { Id = "1", Statement = statement, Proof = proof, Reference = reference, Untrusted = true };
            TimeSpan? limit = timeout_seconds is { } s ? TimeSpan.FromSeconds(Math.Min(s, 86_400)) : null;
            var answers = await ItemCheck.RunAsync(service, service.Find(verifier), Client(request.User), [item], limit, cancellationToken).ConfigureAwait(false);
            var json = JsonSerializer.SerializeToElement(answers[0], VerdictAnswer.Json);
            return new CallToolResult { StructuredContent = json, Content = [new TextContentBlock { Text = JsonSerializer.Serialize(json, VerdictAnswer.Json) }] };
        }
        catch (RequestRefusedException e)
        {
            return Mistake(e.RetryAfter is { } after ? $"{e.Message} Try again in {Math.Max(1, Math.Ceiling(after.TotalSeconds))} s." : e.Message);
        }
    }

    /// <summary>A result that tells an agent what to mend in its call.</summary>
    private static CallToolResult Mistake(string text) => new() { IsError = true, Content = [new TextContentBlock { Text = text }] };

    private VerifierList List() => new([.. service.Desks.Select(d => new VerifierLine(d.Name, d.Open.Entry.Description, d.Open.Entry.StatementForm, d.Open.Entry.ProofForm))]);

    private static string Client(ClaimsPrincipal? user) => user?.Identity?.Name ?? StandardStreams;

    /// <summary>Result of <c>list_verifiers</c>.</summary>
    internal sealed record VerifierList(IReadOnlyList<VerifierLine> Verifiers);

    /// <summary>A verifier that an agent can use.</summary>
    internal sealed record VerifierLine(string Name, string Description, string Statement, string Proof);
}
