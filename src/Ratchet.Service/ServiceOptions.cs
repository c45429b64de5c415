using Ratchet.Models.Cpu;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Service;

/// <summary>How the service listens, whom it serves and how much it takes on.</summary>
public sealed record ServiceOptions
{
    /// <summary>Verifiers to offer; the first answers the Lean-style routes. Names of <see cref="VerifierCatalog"/>.</summary>
    public IReadOnlyList<string> Verifiers { get; init; } = ["propositional"];

    /// <summary>What the verifiers are opened with. Its time limit is the longest that a client may ask for; 60 s where there is none.</summary>
    public VerifierOptions Verifier { get; init; } = new();

    /// <summary>IP address to listen on; <c>127.0.0.1</c> unless set.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port, 0 to 65535; 8000 unless set, 0 takes a free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Keys of the clients, each at least 16 characters without white space; empty lets everybody in, which is allowed on loopback only.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Largest body of a request, bytes, 1,024 to 1 GiB; 8 MiB unless set. Larger ones get 413.</summary>
    public long MaxBodyBytes { get; init; } = 8L << 20;

    /// <summary>Bytes of bodies that all clients together may have in the service, at least <see cref="MaxBodyBytes"/>; 256 MiB unless set. Beyond: 429.</summary>
    public long MaxPendingBytes { get; init; } = 256L << 20;

    /// <summary>Most proofs in one request, at least 1; 1,024 unless set. More get 413.</summary>
    public int MaxItems { get; init; } = 1024;

    /// <summary>Proofs that one client may have waiting and in work, at least 1; 2,048 unless set. Beyond: 429.</summary>
    public int MaxPendingPerClient { get; init; } = 2048;

    /// <summary>Proofs that all clients together may have waiting and in work, at least 1; 16,384 unless set. Beyond: 429.</summary>
    public int MaxPending { get; init; } = 16_384;

    /// <summary>Requests a second that one client may send on average, with bursts of twice as many, at least 0; 0, the default, does not limit them. Beyond: 429.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>Longest time from a request's arrival to its answer, above 0; 10 minutes unless set. What is not judged by then is answered as unknown.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Models that complete texts.</summary>
    public IReadOnlyList<ServedModel> Models { get; init; } = [];

    /// <summary>Where models are computed: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. On the CPU own kernels compute what they know, the tensor library all else.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads of each model's sampler, 0 to 1,024; 0, the default, takes all cores.</summary>
    public int ModelThreads { get; init; }

    /// <summary>Most sequences that one thread decodes together (the tensor library has one such thread), 1 to 1,024; 32 unless set.</summary>
    public int ModelBatch { get; init; } = 32;

    /// <summary>
    /// Most memory for the keys and values of a model's texts, bytes, at least 1 MiB; 4 GiB unless set. A text waits until it would fit beside the others if all became as long as they may.
    /// </summary>
    public long ModelCacheBytes { get; init; } = 4L << 30;

    /// <summary>How a model's matrices are held. <see cref="WeightPrecision.Int8"/> on own kernels only.</summary>
    public WeightPrecision WeightPrecision { get; init; } = WeightPrecision.Float32;

    /// <summary>Most tokens that a request may ask for in one text, at least 1; 4,096 unless set.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>Most texts that one request may ask for, at least 1; 128 unless set.</summary>
    public int MaxChoices { get; init; } = 128;

    /// <summary>How long requests in work may go on when the service is told to stop, at least 0; 30 s unless set.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time of one check.</summary>
    internal TimeSpan TimeLimit => Verifier.TimeLimit ?? TimeSpan.FromSeconds(60);

    /// <summary>Checks the options before anything starts.</summary>
    /// <exception cref="RatchetException">Options are wrong: all of them are named (exit code 2).</exception>
    public void Validate()
    {
        var mistakes = new List<string>();
        Check(Verifiers.Count > 0 || Models.Count > 0, "At least one verifier or model is needed.");
        Check(Models.Select(m => m.Name).Distinct(StringComparer.Ordinal).Count() == Models.Count, "Two models have the same name; give them as NAME=FOLDER.");
        Check(ModelThreads is >= 0 and <= 1024, "The threads of a model must be from 0 to 1024.");
        Check(ModelBatch is >= 1 and <= 1024, "The batch of a model must be from 1 to 1024.");
        Check(ModelCacheBytes is >= 1 << 20 and <= 1L << 44, "The memory for keys and values must be from 1 MiB to 16 TiB.");
        Check(MaxTokens >= 1 && MaxChoices is >= 1 and <= 1024, "The most tokens must be at least 1, and the most choices from 1 to 1024.");
        Check(Verifiers.Distinct(StringComparer.Ordinal).Count() == Verifiers.Count, "A verifier is named twice.");
        Check(Verifiers.Count <= 1 || Verifier.Tool is null, "A tool is given, and more than one verifier to use it; leave it to the search path.");
        Check(System.Net.IPAddress.TryParse(Address, out var address), $"'{Address}' is no IP address; 127.0.0.1 is this machine alone, 0.0.0.0 all networks.");
        Check(Port is >= 0 and <= 65_535, "The port must be from 0 to 65535.");
        Check(Keys.All(k => k.Length >= 16 && k.All(c => c is > ' ' and < '\x7f')), "A key must have at least 16 characters, all of them ASCII and none white space.");
        Check(Keys.Distinct(StringComparer.Ordinal).Count() == Keys.Count, "A key stands twice.");
        Check(address is null || System.Net.IPAddress.IsLoopback(address) || Keys.Count > 0, $"Listening on {Address} opens the service to other machines, and there is no key that they must show.");
        Check(MaxBodyBytes is >= 1024 and <= 1L << 30, "The largest body must be from 1024 bytes to 1 GiB.");
        Check(MaxPendingBytes >= MaxBodyBytes, "The bytes of all pending bodies must be at least those of one.");
        Check(MaxItems >= 1 && MaxPendingPerClient >= 1 && MaxPending >= 1, "The most proofs of a request, a client and all clients must be at least 1.");
        Check(RequestsPerSecond is >= 0 and <= 1_000_000, "The requests a second must be from 0 (no limit) to 1000000.");
        Check(Deadline > TimeSpan.Zero && Deadline <= TimeSpan.FromDays(1), "The deadline must be above 0 and at most a day.");
        Check(ShutdownTime >= TimeSpan.Zero && ShutdownTime <= TimeSpan.FromHours(1), "The time to stop must be from 0 to an hour.");
        if (mistakes.Count > 0)
            throw new RatchetException(string.Join('\n', mistakes), "'ratchet serve --help' shows the options.") { ExitCode = 2 };

        void Check(bool right, string mistake)
        {
            if (!right)
                mistakes.Add(mistake);
        }
    }
}

/// <summary>A model that the service offers.</summary>
/// <param name="Name">Name by which requests ask for it.</param>
/// <param name="Folder">Checkpoint folder, or a run folder for its last checkpoint.</param>
public sealed record ServedModel(string Name, string Folder)
{
    /// <summary>File with a chat template in the place of the model's own, or null.</summary>
    public string? ChatTemplate { get; init; }
}
