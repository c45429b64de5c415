using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>The endpoint of a run: its client, and the file in the run folder that keeps every reply.</summary>
internal sealed class RunEndpoint : IDisposable
{
    /// <summary>File of the replies in the run folder.</summary>
    public const string FileName = "endpoint-replies.jsonl";

    private readonly EndpointClient _client;
    private readonly RecordedModel _model;
    private readonly EndpointSettings _settings;

    private RunEndpoint(EndpointSettings settings, EndpointClient client, RecordedModel model) => (_settings, _client, _model) = (settings, client, model);

    /// <summary>What it came to, in all sessions.</summary>
    public EndpointSummary Summary
    {
        get
        {
            var spent = _model.Spending;
            return new EndpointSummary(_settings.Model, spent.Calls, spent.InputTokens, spent.OutputTokens, spent.Cost);
        }
    }

    /// <summary>Opens the endpoint of a recipe; null where it has none.</summary>
    /// <exception cref="RatchetException">The key is not set, or the file cannot be used.</exception>
    public static RunEndpoint? Open(ExpertIterationRecipe recipe, string folder)
    {
        if (recipe.Propose.Endpoint is not { } settings)
            return null;
        var client = new EndpointClient(Options(settings));
        try
        {
            var prices = new EndpointPrices { InputPerMillion = settings.PriceInput, OutputPerMillion = settings.PriceOutput, Budget = settings.Budget };
            return new RunEndpoint(settings, client, new RecordedModel(client, Path.Combine(folder, FileName), prices));
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The proposer of a run.</summary>
    public EndpointProposer Proposer(ExpertIterationWorld world)
    {
        var sampling = new EndpointSampling
        {
            Model = _settings.Model,
            Api = _settings.Api,
            Temperature = world.Recipe.Propose.Temperature,
            TopP = world.Recipe.Propose.TopP,
            MaxTokens = _settings.MaxTokens,
            ChoicesPerCall = _settings.ChoicesPerCall,
            Concurrency = _settings.Concurrency,
        };
        var template = _settings.Template is { } path ? PromptTemplate.Read(path) : PromptTemplates.For(VerifierCatalog.Find(world.Domain.Name));
        return new EndpointProposer(_model, sampling, template, world.Domain.Prompt, world.Recipe.Learns ? world.Tokenizer : null);
    }

    public void Dispose()
    {
        _model.Dispose();
        _client.Dispose();
    }

    private static EndpointOptions Options(EndpointSettings settings) => new()
    {
        Url = new Uri(settings.Url),
        Api = settings.Api,
        ApiKeyVariable = settings.ApiKeyEnv,
        SendSeed = settings.SendSeed,
        Timeout = TimeSpan.FromSeconds(settings.TimeoutSeconds),
        Deadline = TimeSpan.FromSeconds(settings.DeadlineSeconds),
        Retries = settings.Retries,
        RequestsPerMinute = settings.RequestsPerMinute,
    };
}

/// <summary>A teacher makes the attempts that are learned from; the policy itself makes those that it is evaluated by.</summary>
internal sealed class TeacherProposer(IProposer teacher, IProposer policy) : IProposer
{
    public Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken) =>
        (request.Phase == Phase.Train ? teacher : policy).ProposeAsync(request, cancellationToken);

    public void Load(Checkpoint checkpoint) => policy.Load(checkpoint);
}
