export interface PlanFlags { readonly time?: boolean }
