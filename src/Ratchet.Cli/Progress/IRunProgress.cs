using Ratchet.Runs;

namespace Ratchet.Cli.Progress;

/// <summary>Shows a run while it goes on; disposed when it ends, however it ends.</summary>
internal interface IRunProgress : IRunObserver, IAsyncDisposable;

/// <summary>Shows nothing.</summary>
internal sealed class QuietProgress : IRunProgress
{
    public void OnEvent(RunEvent e)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
