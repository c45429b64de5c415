namespace Ratchet.Runs;

/// <summary>Is told what a run does while it goes on.</summary>
public interface IRunObserver
{
    /// <summary>Takes one event. Called in order, from one thread at a time; must be quick and must not throw.</summary>
    void OnEvent(RunEvent e);
}
