"""What people read: model cards, and pages for caseworkers. It knows no arithmetic."""
