using System.Diagnostics;
using Ratchet.Systems.Verification;

namespace Ratchet.Service.Tests.Load;

/// <summary>A service in a process of its own.</summary>
internal sealed class LoadHost : IAsyncDisposable
{
    /// <summary>Argument that makes this test program a service.</summary>
    public const string Argument = "--load-host";

    private readonly Process _process;

    private LoadHost(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>Resident memory of the service, MiB.</summary>
    public double ResidentMebibytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>Bytes that are alive in the service after a full collection, MiB: what a leak would show in, whatever the collector keeps in reserve.</summary>
    public async Task<double> LiveMebibytesAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        return long.Parse((await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, System.Globalization.CultureInfo.InvariantCulture) / 1048576.0;
    }

    /// <summary>What the child does: serves until its input ends.</summary>
    public static async Task<int> RunAsync(string? model)
    {
        var options = new ServiceOptions { Port = 0, Keys = Keys(), Verifier = new VerifierOptions { Threads = 2, TimeLimit = TimeSpan.FromSeconds(10) }, MaxBodyBytes = 1 << 20, MaxItems = 256, Models = model is null ? [] : [new ServedModel("tiny", model)], ModelThreads = 2 };
        await using var service = await RatchetService.StartAsync(options, CancellationToken.None);
        Console.WriteLine(service.Url);

        // A line asks for the bytes that are alive.
        while (await Console.In.ReadLineAsync() is not null)
            Console.WriteLine(GC.GetTotalMemory(forceFullCollection: true));
        return 0;
    }

    /// <summary>The key of each client.</summary>
    public static string[] Keys() => [.. Enumerable.Range(0, 64).Select(i => $"load-client-{i:000000}")];

    public static async Task<LoadHost> StartAsync(string? model = null)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, model is null ? [Argument] : [Argument, model]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var url = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.False(string.IsNullOrEmpty(url), "the service did not start");
        return new LoadHost(process, new Uri(url));
    }

    /// <summary>Ends the service in good order.</summary>
    public async Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        return ValueTask.CompletedTask;
    }
}
