using System.CommandLine;
using System.CommandLine.Parsing;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling.Endpoints;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli.Verbs;

/// <summary>Options that let a model elsewhere make the attempts, shared by <c>eval</c> and <c>sample</c>.</summary>
internal sealed class EndpointArguments
{
    private readonly Option<string?> _url = new("--endpoint") { HelpName = "url", Description = "OpenAI-style server that makes the attempts, for example http://127.0.0.1:8000/v1; its model is --model." };
    private readonly Option<string?> _model = new("--model") { HelpName = "name", Description = "Endpoint: name of the model." };
    private readonly Option<EndpointApi> _api = new("--api") { HelpName = "chat|completions", Description = "Endpoint: form of the requests.", DefaultValueFactory = _ => EndpointApi.Chat };
    private readonly Option<string?> _key = new("--api-key-env") { HelpName = "variable", Description = "Endpoint: environment variable that holds the key." };
    private readonly Option<string?> _template = new("--template") { HelpName = "file", Description = "Endpoint: prompt template (JSON) in the place of the verifier's own." };
    private readonly Option<string?> _replies = new("--replies") { HelpName = "file", Description = "Endpoint: keeps every reply there and answers equal calls from it." };
    private readonly Option<bool> _replay = new("--replay") { Description = "Endpoint: answers from --replies alone, without a network." };
    private readonly Option<int> _choices = new("--choices-per-call") { HelpName = "n", Description = "Endpoint: attempts asked for in one call.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _concurrency = new("--concurrency") { HelpName = "n", Description = "Endpoint: calls at one time.", DefaultValueFactory = _ => 8 };
    private readonly Option<double> _rate = new("--requests-per-minute") { HelpName = "n", Description = "Endpoint: calls a minute; 0 does not limit them.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _retries = new("--retries") { HelpName = "n", Description = "Endpoint: repetitions of a call that failed.", DefaultValueFactory = _ => 6 };
    private readonly Option<double> _input = new("--price-input") { HelpName = "p", Description = "Endpoint: price of a million tokens of prompts.", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _output = new("--price-output") { HelpName = "p", Description = "Endpoint: price of a million tokens of answers.", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _budget = new("--budget") { HelpName = "p", Description = "Endpoint: most that all recorded calls may cost; 0 sets no limit.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _scores = new("--endpoint-logprobs") { Description = "Endpoint: asks for log-probabilities and ids; attempts without them are off-policy." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _url, _model, _api, _key, _template, _replies, _replay, _choices, _concurrency, _rate, _retries, _input, _output, _budget, _scores })
            command.Add(option);
    }

    /// <summary>An endpoint makes the attempts.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_url) is not null;

    /// <summary>Opens the endpoint. Dispose it.</summary>
    /// <param name="parsed">Command line.</param>
    /// <param name="draw">How attempts are drawn.</param>
    /// <param name="verifier">Verifier that judges; it says how problems are put.</param>
    /// <param name="prompt">The text that local models of the domain continue.</param>
    public OpenEndpoint Open(ParseResult parsed, DrawOptions draw, VerifierEntry verifier, Func<Problem, string> prompt)
    {
        var (temperature, topP, most) = draw.Endpoint(parsed);
        var open = OpenModel(parsed);
        var sampling = new EndpointSampling
        {
            Model = open.ModelName, Api = parsed.GetValue(_api), Temperature = temperature, TopP = topP, MaxTokens = most, ChoicesPerCall = parsed.GetValue(_choices),
            Concurrency = open.Concurrency, LogProbabilities = parsed.GetValue(_scores),
        };
        try
        {
            var template = parsed.GetValue(_template) is { } path ? PromptTemplate.Read(path) : PromptTemplates.For(verifier);
            return new OpenEndpoint(open, new EndpointProposer(open.Model, sampling, template, prompt), $"{open.ModelName} at {parsed.GetValue(_url)}", Settings(sampling, template, draw.Seed(parsed)));
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    /// <summary>Opens the model alone. Dispose it.</summary>
    public OpenModel OpenModel(ParseResult parsed)
    {
        var name = parsed.GetValue(_model) ?? throw Usage("--endpoint needs the name of the model: --model NAME.");
        if (!Uri.TryCreate(parsed.GetValue(_url), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw Usage($"--endpoint '{parsed.GetValue(_url)}' is no address; one is http://127.0.0.1:8000/v1.");
        if (parsed.GetValue(_replay) && parsed.GetValue(_replies) is null)
            throw Usage("--replay needs the recorded replies: --replies FILE.");
        foreach (var option in new[] { _choices, _concurrency })
        {
            if (parsed.GetValue(option) is < 1 or > 1024)
                throw Usage($"{option.Name} must be from 1 to 1024.");
        }

        if (parsed.GetValue(_retries) is < 0 or > 100)
            throw Usage("--retries must be from 0 to 100.");
        foreach (var option in new[] { _rate, _input, _output, _budget })
        {
            if (parsed.GetValue(option) is not (>= 0 and < 1e12))
                throw Usage($"{option.Name} must be at least 0.");
        }

        if (parsed.GetValue(_budget) > 0 && parsed.GetValue(_input) + parsed.GetValue(_output) == 0)
            throw Usage("--budget needs prices: --price-input and --price-output.");
        var options = new EndpointOptions
        {
            Url = url, Api = parsed.GetValue(_api), ApiKeyVariable = parsed.GetValue(_key), RequestsPerMinute = parsed.GetValue(_rate), Retries = parsed.GetValue(_retries),
        };
        var prices = new EndpointPrices { InputPerMillion = parsed.GetValue(_input), OutputPerMillion = parsed.GetValue(_output), Budget = parsed.GetValue(_budget) };
        var client = parsed.GetValue(_replay) ? null : new EndpointClient(options);
        try
        {
            return new OpenModel(client, new RecordedModel(client, parsed.GetValue(_replies), prices), name, parsed.GetValue(_concurrency));
        }
        catch
        {
            client?.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> Settings(EndpointSampling s, PromptTemplate template, ulong seed) => new()
    {
        ["proposer"] = $"endpoint:{s.Model}",
        ["sampling"] = FormattableString.Invariant($"{s.Api}, seed {seed}, temperature {s.Temperature}, top-p {s.TopP}, at most {s.MaxTokens} tokens, {s.ChoicesPerCall} a call"),
        ["template"] = template.Hash(),
    };

    private static RatchetException Usage(string message) => new(message) { ExitCode = CommandLine.UsageError };
}

/// <summary>An endpoint that makes attempts.</summary>
/// <param name="Opened">Its model.</param>
/// <param name="Proposer">Makes attempts of the replies.</param>
/// <param name="Name">What it is called in results.</param>
/// <param name="Settings">What the attempts depend on, in words.</param>
internal sealed record OpenEndpoint(OpenModel Opened, EndpointProposer Proposer, string Name, IReadOnlyDictionary<string, string> Settings) : IDisposable
{
    /// <summary>What it came to, in one line.</summary>
    public string Bill => Opened.Bill;

    public void Dispose() => Opened.Dispose();
}

/// <summary>A model elsewhere that is asked.</summary>
/// <param name="Client">Sends the calls; null where recorded replies alone answer.</param>
/// <param name="Model">Keeps the replies.</param>
/// <param name="ModelName">Name of the model.</param>
/// <param name="Concurrency">Calls at one time.</param>
internal sealed record OpenModel(EndpointClient? Client, RecordedModel Model, string ModelName, int Concurrency) : IDisposable
{
    /// <summary>What it came to, in one line.</summary>
    public string Bill
    {
        get
        {
            var spent = Model.Spending;
            var cost = spent.Cost > 0 ? FormattableString.Invariant($", cost {spent.Cost:0.######}") : "";
            return $"{spent.Calls} calls answered, {spent.Replayed} from the file; {spent.InputTokens} tokens in, {spent.OutputTokens} out{cost}";
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        Client?.Dispose();
    }
}
